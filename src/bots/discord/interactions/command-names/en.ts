/**
 * What everyone sees whose language has no file here, and what the bot is sent in every language: the key of a
 * subcommand or an option is its name. Such names are in lower case without spaces, up to 32 characters; descriptions
 * have up to 100.
 */
export const en = {
  tutor: { name: 'tutor', description: 'Learn anything, step by step, with a tutor who sticks to the plan' },
  admin: { name: 'tutor-admin', description: 'Settings of the tutor for this server' },
  askAbout: 'Ask the tutor about this',
  subcommands: {
    start: { name: 'start', description: 'Begin a lesson in a thread of its own' },
    ask: { name: 'ask', description: 'Ask the tutor a question, in your lesson or on its own' },
    plan: { name: 'plan', description: 'Show the plan of this lesson' },
    progress: { name: 'progress', description: 'Show what you have learnt so far' },
    hint: { name: 'hint', description: 'Get a hint for the question that waits' },
    skip: { name: 'skip', description: 'Leave this step out and go on with the next one' },
    pause: { name: 'pause', description: 'Take a break; the lesson waits for you' },
    resume: { name: 'resume', description: 'Go on where you stopped' },
    end: { name: 'end', description: 'End this lesson and get a summary' },
    voice: { name: 'voice', description: 'Hear the tutor: replies as voice messages, on or off' },
    settings: { name: 'settings', description: 'Choose how the tutor teaches you' },
    forget: { name: 'forget', description: 'Delete everything the tutor has stored about you' },
    export: { name: 'export', description: 'Download everything the tutor has stored about you' },
  },
  options: {
    topic: { name: 'topic', description: 'What you want to learn' },
    level: { name: 'level', description: 'How much you know about it already' },
    mode: { name: 'mode', description: 'A planned course, or only answers to your questions' },
    persona: { name: 'persona', description: 'How the tutor speaks: pick one or use your own words' },
    private: { name: 'private', description: 'Only you and the people you invite see the thread' },
    question: { name: 'question', description: 'What you want to know' },
    speak: { name: 'speak', description: 'On or off: voice messages in the lesson. Join or leave: your voice channel' },
    voice: { name: 'voice', description: 'The name of the voice that you want to hear, or "default"' },
  },
  adminSubcommands: {
    settings: { name: 'settings', description: 'Choose where lessons start, who may start them, and more' },
    subscribe: { name: 'subscribe', description: 'Get more lessons for this server' },
    billing: { name: 'billing', description: 'See what this server has and uses, and change or cancel it' },
    move: { name: 'move', description: 'Use here what you pay for on another server' },
  },
  adminOptions: {
    plan: { name: 'plan', description: 'Which plan' },
    server: { name: 'server', description: 'The server that you pay for now' },
  },
  levels: { beginner: 'Beginner', intermediate: 'Intermediate', advanced: 'Advanced' },
  modes: { course: 'A course with a plan', questions: 'Only my questions' },
  speaking: { on: 'On', off: 'Off', join: 'Join my voice channel', leave: 'Leave the voice channel' },
} as const;

/** Every text of Discord's command picker in one language. */
export type CommandNames = Translated<typeof en>;

type Translated<Texts> = Texts extends string ? string : { readonly [Key in keyof Texts]: Translated<Texts[Key]> };
