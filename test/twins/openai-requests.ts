/** What the real server would say to a request before it thinks about an answer. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

export interface RecordedRequest {
  api: 'responses' | 'chat';
  /** The schema's name: in JSON mode the title of the schema in the system message. */
  agent: string;
  model: string;
  system: string;
  /** Everything that was said after the system message, but for the model's own words. */
  user: string;
  /** The addresses of the pictures that were shown. */
  pictures: string[];
  body: Record<string, unknown>;
  key: string;
  inputTokens: number;
}

export interface Complaint {
  message: string;
  param: string | null;
}

interface Message {
  role: string;
  content: string;
  pictures: string[];
}

type Json = Record<string, unknown>;

const KNOWN_FIELDS = {
  responses: ['model', 'input', 'text', 'store', 'stream', 'prompt_cache_key', 'temperature', 'max_output_tokens'],
  chat: [
    ...['model', 'messages', 'response_format', 'stream', 'stream_options', 'prompt_cache_key', 'temperature'],
    ...['max_completion_tokens', 'store'],
  ],
};
const ROLES = ['system', 'developer', 'user', 'assistant'];
const SCHEMA_KEYWORDS = [
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'anyOf', 'enum', 'const'],
  ...['description', 'title', '$ref', '$defs'],
];

export function recorded(api: RecordedRequest['api'], body: Json, key: string): RecordedRequest {
  const messages = messagesOf(api, body).flatMap((message) => readMessage(api, message) ?? []);
  const said = (...roles: string[]) =>
    messages.flatMap(({ role, content }) => (roles.includes(role) ? [content] : [])).join('\n\n');
  const system = said('system', 'developer');
  const name = formatOf(api, body).name ?? /"title":"([\w-]+)"/.exec(system)?.[1] ?? '';
  return {
    api,
    agent: String(name),
    model: String(body.model),
    system,
    user: said('user'),
    pictures: messages.flatMap(({ pictures }) => pictures),
    body,
    key,
    inputTokens: messages.reduce((sum, { content }) => sum + tokensIn(content), 0),
  };
}

/** Special tokens in a text are plain text, as the real server treats them. */
export function tokensIn(text: string): number {
  return countTokens(text, { disallowedSpecial: new Set() });
}

/** The first thing that is wrong with a request, or null. */
export function complaintAbout(api: RecordedRequest['api'], body: Json): Complaint | null {
  const unknown = Object.keys(body).find((field) => !KNOWN_FIELDS[api].includes(field));
  if (unknown) return { message: `Unknown parameter: '${unknown}'.`, param: unknown };
  if (typeof body.model !== 'string' || !body.model) return { message: 'you must provide a model', param: 'model' };
  if (body.stream !== true) return { message: 'this twin answers by streams only', param: 'stream' };
  return messagesComplaint(api, body) ?? formatComplaint(api, body);
}

function messagesComplaint(api: RecordedRequest['api'], body: Json): Complaint | null {
  const param = api === 'responses' ? 'input' : 'messages';
  const messages = messagesOf(api, body);
  if (messages.length === 0) return { message: `Missing required parameter: '${param}'.`, param };
  const wrong = messages.findIndex((message) => readMessage(api, message) === null);
  return wrong < 0 ? null : { message: `Invalid type for '${param}[${wrong}]'.`, param };
}

function formatComplaint(api: RecordedRequest['api'], body: Json): Complaint | null {
  const param = api === 'responses' ? 'text.format' : 'response_format';
  const format = formatOf(api, body);
  if (format.type === 'json_object') {
    const asks = messagesOf(api, body).some((message) => /json/i.test(readMessage(api, message)?.content ?? ''));
    return asks ? null : { message: `'messages' must contain the word 'json' to use '${param}'.`, param };
  }
  if (format.type !== 'json_schema') return { message: `Invalid value for '${param}.type'.`, param };
  if (!/^[\w-]{1,64}$/.test(String(format.name))) return { message: `Invalid '${param}.name'.`, param };
  if (format.strict !== true) return { message: `'${param}.strict' must be true here.`, param };
  const wrong =
    isJson(format.schema) && format.schema.type === 'object' ? schemaComplaint(format.schema, []) : 'no root';
  return wrong ? { message: `Invalid schema for ${param} '${format.name}': ${wrong}`, param } : null;
}

/** The rules of strict mode, and nothing that only some providers support. */
function schemaComplaint(node: Json, path: string[]): string | null {
  const context = `In context=(${path.join(', ')}), `;
  const unsupported = Object.keys(node).find((keyword) => !SCHEMA_KEYWORDS.includes(keyword));
  if (unsupported) return `${context}'${unsupported}' is not permitted.`;
  if (isJson(node.properties)) {
    if (node.additionalProperties !== false) return `${context}'additionalProperties' is required to be false.`;
    const required = Array.isArray(node.required) ? node.required : [];
    const optional = Object.keys(node.properties).find((name) => !required.includes(name));
    if (optional) return `${context}'required' must include every key in properties. Missing '${optional}'.`;
  }
  for (const [name, child] of childrenOf(node)) {
    const complaint = schemaComplaint(child, [...path, name]);
    if (complaint) return complaint;
  }
  return null;
}

function childrenOf(node: Json): [string, Json][] {
  const groups = [node.properties, node.$defs, node.anyOf, { items: node.items }];
  return groups
    .flatMap((group) => Object.entries(group ?? {}))
    .filter((entry): entry is [string, Json] => isJson(entry[1]));
}

function messagesOf(api: RecordedRequest['api'], body: Json): unknown[] {
  const messages = api === 'responses' ? body.input : body.messages;
  return Array.isArray(messages) ? messages : [];
}

/** Both APIs say the same about the format, one level apart. */
function formatOf(api: RecordedRequest['api'], body: Json): Json {
  const format = api === 'responses' ? isJson(body.text) && body.text.format : body.response_format;
  if (!isJson(format)) return {};
  return isJson(format.json_schema) ? { ...format.json_schema, type: format.type } : format;
}

/** Words, or parts of which some may be pictures; null for what the real server would refuse. */
function readMessage(api: RecordedRequest['api'], value: unknown): Message | null {
  if (!isJson(value) || !ROLES.includes(String(value.role))) return null;
  const role = String(value.role);
  if (typeof value.content === 'string') return { role, content: value.content, pictures: [] };
  if (role !== 'user' || !Array.isArray(value.content)) return null;
  const parts = value.content.map((part) => (isJson(part) ? PARTS[api](part) : null));
  if (parts.some((part) => typeof part?.text !== 'string' && !/^https?:/.test(part?.picture ?? ''))) return null;
  const content = parts.flatMap((part) => part?.text ?? []).join('\n\n');
  return { role, content, pictures: parts.flatMap((part) => part?.picture ?? []) };
}

type Part = { text?: string; picture?: string };

const PARTS: Record<RecordedRequest['api'], (part: Json) => Part> = {
  chat: ({ type, text, image_url }) =>
    type === 'text'
      ? { text: text as string }
      : type === 'image_url'
        ? { picture: String((image_url as Json)?.url) }
        : {},
  responses: ({ type, text, image_url }) =>
    type === 'input_text' ? { text: text as string } : type === 'input_image' ? { picture: String(image_url) } : {},
};

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
