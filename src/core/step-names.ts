/**
 * The named steps of a message's way through the program. The last three are of what is heard: making it, showing it,
 * and recording that.
 */
export type StepName =
  | 'accept'
  | 'acknowledge'
  | 'nudge'
  | 'claim'
  | 'take'
  | 'turn'
  | 'read'
  | 'transcribe'
  | 'model'
  | 'store'
  | 'commit'
  | 'send'
  | 'record'
  | 'release'
  | 'synthesize'
  | 'speak'
  | 'spoken';
