/**
 * Everything that the code wants of Slack. slack-manifest.yaml at the root of the project asks for the same, in the same
 * words; a test compares the two, and both with what the code calls.
 */

/** Of the bot's token, and what for. */
export const SCOPES = {
  'app_mentions:read': 'a mention begins a lesson, or takes part in one',
  'assistant:write': 'title and suggested prompts where people write to the app',
  'channels:history': 'what learners write in threads of public channels',
  'channels:join': 'to come along where somebody starts a lesson in a public channel',
  'channels:read': 'whether a public channel is there, archived, or shared',
  'chat:write': 'to answer',
  'chat:write.public': 'to answer in a public channel that the bot has not joined',
  commands: '/tutor and the shortcuts',
  'files:read': 'texts and pictures that learners attach',
  'files:write': 'the export of a learner’s own data, and what learners listen to, as files',
  'groups:history': 'what learners write in threads of private channels, once the bot is invited',
  'groups:read': 'whether a private channel is there, archived, or shared',
  'im:history': 'what learners write to the app',
  'im:read': 'whether a conversation is one with the app',
  'im:write': 'to open a conversation with a learner',
  'mpim:read': 'whether a group conversation is there',
  'users:read': 'names, languages, and who may set up the app for all',
} as const;

type Scope = keyof typeof SCOPES;

/** Any one of them will do; none: the token alone does. */
type AnyOf = readonly Scope[];

/** What Slack tells us of, as the manifest names it. */
export const EVENTS = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  app_uninstalled: [],
  channel_archive: ['channels:read'],
  channel_deleted: ['channels:read'],
  group_archive: ['groups:read'],
  group_deleted: ['groups:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  'message.im': ['im:history'],
  tokens_revoked: [],
} as const satisfies Record<string, AnyOf>;

export const COMMAND = '/tutor';

/** Their callback ids. */
export const SHORTCUTS = { askAbout: 'ask_about', startLesson: 'start_lesson' } as const;

const CONVERSATIONS: AnyOf = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const HISTORIES: AnyOf = ['channels:history', 'groups:history', 'im:history'];

/** What the code asks of Slack, and what it may be asked with. */
export const METHODS: Readonly<Record<string, AnyOf>> = {
  // With the app's own token.
  'apps.connections.open': [],
  'assistant.threads.setStatus': ['chat:write'],
  'assistant.threads.setSuggestedPrompts': ['assistant:write'],
  'assistant.threads.setTitle': ['assistant:write'],
  'auth.test': [],
  'chat.appendStream': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.startStream': ['chat:write'],
  'chat.stopStream': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': HISTORIES,
  'conversations.info': CONVERSATIONS,
  'conversations.join': ['channels:join'],
  'conversations.open': ['im:write'],
  'conversations.replies': HISTORIES,
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
  'views.update': [],
};
