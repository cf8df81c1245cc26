import type { OutboundDelivery, SendResult, Surface, Utterance } from '../../core/ports.ts';
import { dim, renderExtras, renderReply, renderText, type Screen } from './render.ts';
import { keepSpeech } from './speech-files.ts';

export interface TerminalSurface extends Surface {
  /** Writes lines of the program's own, between replies. */
  say(lines: readonly string[]): void;
}

/** Replies on a stream. `refresh` is called after each output, to bring the prompt back. */
export function terminalSurface(
  output: NodeJS.WritableStream,
  screen: () => Screen,
  options: { isTty: boolean; refresh(): void; speechDir: string | null },
): TerminalSurface {
  const { speechDir } = options;
  let shown: string[] = [];
  let isWaiting = false;

  const clearWaiting = () => {
    if (options.isTty && isWaiting) output.write('\r\u001b[2K');
    isWaiting = false;
  };
  const write = (lines: readonly string[]) => {
    clearWaiting();
    if (options.isTty) output.write('\r\u001b[2K');
    for (const line of lines) output.write(`${line}\n`);
  };
  return {
    platform: 'terminal',
    typing() {
      shown = [];
      if (!options.isTty) return;
      clearWaiting();
      output.write(`\r\u001b[2K${dim('…', screen())}`);
      isWaiting = true;
    },
    preview(_threadId, text) {
      // The last line may still grow or wrap differently.
      const lines = renderText(text, screen()).slice(0, -1);
      if (lines.length <= shown.length || !startsWith(lines, shown)) return;
      write([...(shown.length === 0 ? [''] : []), ...lines.slice(shown.length)]);
      shown = lines;
    },
    async send(delivery: OutboundDelivery): Promise<SendResult> {
      const text = renderText(delivery.reply.text, screen());
      const isContinued = shown.length > 0 && startsWith(text, shown);
      const lines = isContinued
        ? [...text.slice(shown.length), ...renderExtras(delivery.reply, screen())]
        : ['', ...renderReply(delivery.reply, screen())];
      write(options.isTty ? [...lines, ''] : lines);
      shown = [];
      options.refresh();
      return { ok: true, platformMessageIds: [delivery.id] };
    },
    ...(speechDir !== null && {
      async speak(utterance: Utterance): Promise<SendResult> {
        const path = await keepSpeech(speechDir, utterance);
        write([dim(`♪ ${path}`, screen())]);
        options.refresh();
        return { ok: true, platformMessageIds: [path] };
      },
    }),
    say(lines) {
      write(lines);
      options.refresh();
    },
  };
}

function startsWith(lines: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((line, index) => lines[index] === line);
}
