/** Routes about who is in a voice channel. */
import { requireOfBot } from './permissions.ts';
import { Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';
import { known } from './state.ts';
import { memberWire, voiceStateWire } from './wire.ts';

export const voiceRoutes: Routes = {
  'GET /guilds/:guild/voice-states/@me': (call) => stateIn(call, call.state.bot.id),
  'GET /guilds/:guild/voice-states/:user': (call) => stateIn(call, call.params.user),
};

function stateIn({ state, params }: Call, userId: string): object {
  const guild = state.guilds.get(params.guild);
  if (!guild?.members.has(state.bot.id)) throw new Refusal('unknownGuild');
  const at = guild.voice.get(userId);
  if (!at) throw new Refusal('unknownVoiceState');
  // Where the bot may not connect itself, it is not told who is there.
  if (userId !== state.bot.id) requireOfBot(state, known(state.channels, at.channelId), 'Connect');
  const member = guild.members.get(userId);
  return { ...voiceStateWire(state, at), guild_id: guild.id, ...(member && { member: memberWire(member) }) };
}
