/** What is counted of a workspace's month, beside money. */
export type Meter = 'lessons' | 'voice_seconds' | 'code_runs';
