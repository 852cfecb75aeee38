/** The table of contents of the Slack surface: every action, view, shortcut and verb has its id here, and nowhere else. */

export const ACTIONS = {
  // approving
  approve: 'approve',
  decide: 'decide_open',
  raiseRisk: 'risk_open',
  reject: 'reject_open',
  ask: 'ask_open',
  answer: 'answer_open',
  undoApproval: 'approval_undo',
  withdraw: 'round_withdraw',
  remind: 'round_remind',
  submit: 'release_submit',
  // the release
  new: 'release_new',
  show: 'release_show',
  why: 'release_why',
  edit: 'release_edit',
  addChange: 'change_add_open',
  schedule: 'release_schedule_open',
  hold: 'release_hold_open',
  resume: 'release_resume',
  cancel: 'release_cancel_open',
  close: 'release_close',
  rework: 'release_rework',
  timeline: 'release_timeline',
  details: 'release_details',
  listPage: 'release_list_page',
  more: 'card_more',
  // gates
  gates: 'gates_show',
  gatePass: 'gate_pass',
  gateFail: 'gate_fail_open',
  gateWaive: 'gate_waive_open',
  // deployments
  start: 'deployment_start',
  startWithReason: 'deployment_start_open',
  succeed: 'deployment_succeed',
  fail: 'deployment_fail_open',
  abort: 'deployment_abort',
  rollBack: 'rollback_open',
  rollbackDone: 'rollback_succeed',
  rollbackFailed: 'rollback_fail_open',
  healthy: 'health_good',
  unhealthy: 'health_bad_open',
  liftLock: 'lock_lift_open',
  // freezes
  moveAfterFreeze: 'freeze_move',
  moveAll: 'freeze_move_all_open',
  askException: 'exception_open',
  grantException: 'exception_grant',
  denyException: 'exception_deny',
  newFreeze: 'freeze_new',
  freezeAffects: 'freeze_affects',
  freezeExcept: 'freeze_except_open',
  // emergencies
  confirmEmergency: 'emergency_confirm',
  justified: 'emergency_justified',
  notJustified: 'emergency_not_justified',
  // reviews
  allFine: 'review_all_fine',
  review: 'review_open',
  actionDone: 'action_done',
  actionWont: 'action_wont_open',
  // home
  homeView: 'home_view',
  // operation
  replay: 'message_replay',
  activateCatalog: 'catalog_activate',
  setup: 'setup_show',
  setupOpen: 'setup_open',
  newToken: 'token_new',
  newWebhook: 'webhook_new',
  replayDelivery: 'delivery_replay',
  link: 'link',
  // inputs that only hold a value
  serviceChosen: 'service_chosen',
  whenChosen: 'when_chosen',
  whenPicked: 'when_picked',
} as const;
export type ActionId = (typeof ACTIONS)[keyof typeof ACTIONS];

/** Buttons of earlier versions that still stand in old messages: a click gets the current state. */
export const RETIRED_ACTIONS: readonly string[] = ['approve_release'];

export const VIEWS = {
  newRelease: 'new_release',
  planDetails: 'plan_details',
  editRelease: 'edit_release',
  reject: 'reject',
  decide: 'decide',
  raiseRisk: 'risk',
  ask: 'ask',
  answer: 'answer',
  addChange: 'add_change',
  schedule: 'schedule',
  hold: 'hold',
  cancel: 'cancel',
  gateFail: 'gate_fail',
  gateWaive: 'gate_waive',
  start: 'deployment_start',
  fail: 'deployment_fail',
  rollBack: 'rollback',
  rollbackFailed: 'rollback_fail',
  unhealthy: 'health_bad',
  liftLock: 'lock_lift',
  newFreeze: 'new_freeze',
  moveAll: 'freeze_move_all',
  exception: 'exception',
  denyException: 'exception_denied',
  emergency: 'emergency',
  review: 'review',
  actionWont: 'action_wont',
  setup: 'setup',
  catalog: 'catalog',
  newToken: 'new_token',
  newWebhook: 'new_webhook',
  artifact: 'artifact',
  shown: 'shown',
} as const;
export type ViewId = (typeof VIEWS)[keyof typeof VIEWS];

export const SHORTCUTS = { newRelease: 'new_release' } as const;

/** The commands of the manifest, and the verb that each stands for. */
export const COMMANDS = { '/release': null, '/freeze': 'freeze', '/deploy': 'deploy' } as const;

export const VERBS = [
  'home',
  'new',
  'show',
  'list',
  'why',
  'timeline',
  'edit',
  'assign',
  'change',
  'gate',
  'artifact',
  'submit',
  'withdraw',
  'approve',
  'reject',
  'undo',
  'ask',
  'risk',
  'remind',
  'schedule',
  'calendar',
  'hold',
  'resume',
  'cancel',
  'close',
  'reopen',
  'rework',
  'emergency',
  'freeze',
  'exception',
  'deploy',
  'healthy',
  'unhealthy',
  'rollback',
  'env',
  'unlock',
  'review',
  'action',
  'actions',
  'audit',
  'setup',
  'doctor',
  'token',
  'webhook',
  'whoami',
  'help',
] as const;
export type CommandVerb = (typeof VERBS)[number];

/** A release's number above all others: a page that begins with the newest. The largest integer of the database. */
export const NEWEST = 2_147_483_647;

/** Several ids in one button value; every one is authorised anew on the click. */
export const packValue = (...parts: readonly string[]): string => parts.join('~');
export const unpackValue = (value: string): readonly string[] => value.split('~');
