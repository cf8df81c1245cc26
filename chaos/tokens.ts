/** The mark by which a message is found again in the reply that answers it. */
export function tokenOf(lesson: number, message: number): string {
  return `[m:${lesson}:${message}]`;
}

export function tokensIn(text: string): string[] {
  return text.match(/\[m:\d+:\d+\]/g) ?? [];
}
