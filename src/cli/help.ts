/** What `signalbox --help` says. */
export const HELP = `signalbox: ask before you deploy, and say how it goes.

  signalbox check    --service S --version V --env E [--digest D] [--sha C]    may it, now?
  signalbox wait     … [--timeout 30m]                                        wait until it may
  signalbox start    … [--run URL] [--start-token T]                          ask, and start
  signalbox step     [REL] "canary" [--percent 25] [--env E]                  how far it is
  signalbox finish   [REL] [--env E]                                          it went through
  signalbox fail     [REL] "why" [--env E] [--cause config]                   it failed
  signalbox metric   [REL] "error rate" 4.1 [--env E]                         a number that its health rules are about
  signalbox health   [REL] healthy | unhealthy "why" [--env E]                where, of several places
  signalbox rollback [REL] "why" | --done | --failed "why"
  signalbox gate     [REL] NAME passed|failed "why" [--evidence URL] [--digest D]
  signalbox changes  [REL] --from v1.2.0 [--to HEAD]                          commits as changes
  signalbox release  S V ["title"] [--submit] | REL                           plan one, or show it; it is asked for by itself
                                                                              once nothing is missing, with --submit at once

REL is REL-142 or checkout@2.14.0; left out, --service and --version name it, as they always do for check, wait and start.
SIGNALBOX_URL and SIGNALBOX_TOKEN say where and as whom; what has a value may stand as SIGNALBOX_<OPTION>.
--json prints the answer of the API, one document, and the sentences on the error stream.
--when-unreachable light|standard|strict says what holds when nobody answers; else what the workspace said last, else standard.

Exit codes: 0 allowed or done · 10 wait · 20 denied · 30 no such release · 40 not understood or not authorised · 50 unreachable.
`;
