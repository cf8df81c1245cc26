/** How Discord says no: an HTTP status, a code of its own and, for a form, which field is wrong. */

const REFUSALS = {
  unauthorized: [401, 0, '401: Unauthorized'],
  unknownRoute: [404, 0, '404: Not Found'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownSku: [404, 10027, 'Unknown SKU'],
  unknownEntitlement: [404, 10029, 'Unknown entitlement'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  unknownVoiceState: [404, 10065, 'Unknown Voice State'],
  notYourApplication: [403, 20012, 'You are not authorized to perform this action on this application'],
  tooLarge: [413, 40005, 'Request entity too large'],
  onlySandbox: [400, 40019, 'You can only delete sandbox entitlements.'],
  acknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  missingAccess: [403, 50001, 'Missing Access'],
  notYourMessage: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  cannotDm: [403, 50007, 'Cannot send messages to this user'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  systemMessage: [403, 50021, 'Cannot execute action on a system message'],
  channelType: [400, 50024, 'Cannot execute action on this channel type'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  invalidForm: [400, 50035, 'Invalid Form Body'],
  invalidSku: [400, 50057, 'Invalid SKU'],
  archived: [400, 50083, 'Thread is archived'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
  voiceHasMore: [400, 50159, 'Voice messages do not support additional content'],
  voiceNeedsOneFile: [400, 50160, 'Voice messages must have a single audio attachment'],
  voiceNeedsMetadata: [400, 50161, 'Voice messages must have supporting metadata'],
  voiceIsFinal: [400, 50162, 'Voice messages cannot be edited'],
  noHistory: [400, 160002, 'Cannot reply without permission to read message history'],
  threadExists: [400, 160004, 'A thread has already been created for this message'],
  locked: [400, 160005, 'This thread is locked'],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

type RefusalName = keyof typeof REFUSALS;

export interface Problem {
  path: readonly PropertyKey[];
  code: string;
  message: string;
}

/** Thrown by whatever handles a request; the server turns it into Discord's answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: { message: string; code: number; errors?: object };

  constructor(name: RefusalName, errors?: object) {
    const [status, code, message] = REFUSALS[name];
    super(message);
    this.status = status;
    this.body = { message, code, ...(errors && { errors }) };
  }
}

/** 50035 with each problem at its field: `errors.embeds["0"].title._errors`. */
export function invalidForm(problems: readonly Problem[]): Refusal {
  const errors: ErrorTree = {};
  for (const { path, code, message } of problems) {
    let node = errors;
    for (const key of path) {
      node[String(key)] ??= {};
      node = node[String(key)] as ErrorTree;
    }
    node._errors = [...((node._errors as object[] | undefined) ?? []), { code, message }];
  }
  return new Refusal('invalidForm', errors);
}

interface ErrorTree {
  [key: string]: ErrorTree | object[];
}

export function invalidField(path: readonly PropertyKey[], code: string, message: string): Refusal {
  return invalidForm([{ path, code, message }]);
}
