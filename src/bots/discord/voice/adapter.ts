import type { DiscordGatewayAdapterCreator, DiscordGatewayAdapterLibraryMethods } from '@discordjs/voice';
import type {
  GatewaySendPayload,
  GatewayVoiceServerUpdateDispatchData,
  GatewayVoiceStateUpdateDispatchData,
} from 'discord-api-types/v10';

/** Lets Discord's voice client use our gateway: what it asks for, and what it is told. */

export interface Adapters {
  for(guildId: string): DiscordGatewayAdapterCreator;
  onState(state: GatewayVoiceStateUpdateDispatchData): void;
  onServer(server: GatewayVoiceServerUpdateDispatchData): void;
}

/** `send` resolves when the server's shard has sent it. */
export function openAdapters(
  botId: string,
  send: (guildId: string, payload: GatewaySendPayload) => Promise<void>,
  onUnsent: (error: unknown) => void,
): Adapters {
  const connections = new Map<string, DiscordGatewayAdapterLibraryMethods>();
  return {
    for: (guildId) => (methods) => {
      connections.set(guildId, methods);
      return {
        sendPayload(payload: GatewaySendPayload) {
          // While the gateway is away, it is sent when that is back.
          send(guildId, payload).catch(onUnsent);
          return true;
        },
        destroy() {
          if (connections.get(guildId) === methods) connections.delete(guildId);
        },
      };
    },
    onState(state) {
      if (state.user_id === botId && state.guild_id) connections.get(state.guild_id)?.onVoiceStateUpdate(state);
    },
    onServer: (server) => connections.get(server.guild_id)?.onVoiceServerUpdate(server),
  };
}
