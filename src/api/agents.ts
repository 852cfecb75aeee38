/** Assistants, by the Model Context Protocol: the readings, the gate, and what their token may do. They ask before they deploy, as everybody does. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Token } from '../domain/token/token.ts';
import { type Tool, toolsOf } from './agent-tools.ts';
import { type Caller, type Env, refuse } from './caller.ts';
import type { ApiDocument } from './docs-page.ts';

const INSTRUCTIONS = `Signalbox knows whether a release may be deployed, and why not. Before you deploy anything, ask "ask_gate" for that service, version and environment:
"allow" comes with a startToken for "start"; "wait" says until when; "deny" cannot be cured by waiting. Say how it goes with "report_step", and how it ended with "deployment_succeeded"
or "deployment_failed". You never approve: people do, in Slack. What a refusal says is what people read there; pass it on.`;

const mayUse = (tool: Tool, token: Token): boolean =>
  tool.scope === null || token.scopes.some((scope) => scope === tool.scope);

const serverFor = (api: OpenAPIHono<Env>, tools: readonly Tool[], caller: Caller): Server => {
  const server = new Server(
    { name: 'signalbox', version: '1' },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, inputSchema, readOnly }) => ({
      name,
      title,
      description,
      inputSchema,
      annotations: { readOnlyHint: readOnly, destructiveHint: !readOnly, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined)
      return {
        isError: true,
        content: [{ type: 'text', text: `There is no tool ${params.name} for this token: see tools/list.` }],
      };
    const input = params.arguments ?? {};
    const missing = tool.inPath.filter((name) => input[name] === undefined);
    if (missing.length > 0)
      return {
        isError: true,
        content: [{ type: 'text', text: `Say ${missing.join(', ')}: ${params.name} is about it.` }],
      };
    const { method, path, body } = tool.request(input);
    // The same routes as for everybody else, as the same token; the exchange itself was counted.
    const init = {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await api.request(path, init, { caller });
    const text = await response.text();
    const isError = response.status >= 400;
    return {
      isError,
      content: [{ type: 'text', text }],
      structuredContent: JSON.parse(text) as Record<string, unknown>,
    };
  });
  return server;
};

const isFields = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no exchange, in our words: an empty batch the library takes for nothing to do, of odd arguments it speaks in its own. */
const refusedExchange = (sent: unknown) => {
  const failed = (id: unknown, code: number, message: string) => ({ jsonrpc: '2.0', id, error: { code, message } });
  const all = (Array.isArray(sent) ? sent : [sent]) as readonly ({
    id?: unknown;
    params?: { arguments?: unknown };
  } | null)[];
  if (all.length === 0) return failed(null, -32_600, 'The batch is empty.');
  const odd = all.find((each) => each?.params?.arguments !== undefined && !isFields(each.params.arguments));
  return odd == null ? null : failed(odd.id ?? null, -32_602, 'arguments has to be fields: see tools/list.');
};

/** One exchange at a time, with nothing kept between: any replica answers any of them. */
export const agentRoute = (api: OpenAPIHono<Env>, document: () => ApiDocument): void => {
  let all: readonly Tool[] | null = null;
  // Nothing is kept between two exchanges: there is nothing to listen to, and nothing to end.
  for (const method of ['get', 'delete'] as const)
    api[method]('/v1/mcp', (c) => {
      c.header('allow', 'POST');
      return refuse(c, 405, 'method', 'Post each exchange: there is no stream to listen to.');
    });
  api.post('/v1/mcp', async (c) => {
    const parsedBody: unknown = await c.req.json();
    const refusal = refusedExchange(parsedBody);
    if (refusal !== null) return c.json(refusal, 400);
    all ??= toolsOf(document());
    const mine = all.filter((tool) => mayUse(tool, c.var.caller.token));
    const server = serverFor(api, mine, c.var.caller);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      return await transport.handleRequest(c.req.raw, { parsedBody });
    } finally {
      await server.close();
    }
  });
};
