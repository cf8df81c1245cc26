/** Who is connected to which voice channel: what one of them says goes to all others. */
import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import { createDaveGroup, type DaveGroup } from './dave.ts';
import type { RoomMember, VoiceFrame } from './listener.ts';

interface Room {
  members: Map<string, RoomMember>;
  group: DaveGroup;
}

export interface Rooms {
  /** Told about all who are there, as they are about who comes. */
  enter(channelId: string, member: (group: DaveGroup) => RoomMember): void;
  leave(channelId: string, userId: string): void;
  memberIds(channelId: string): string[];
  /** Null where nobody is. */
  group(channelId: string): DaveGroup | null;
  /** To all but its sender. */
  forward(frame: VoiceFrame): void;
}

export function createRooms(): Rooms {
  const rooms = new Map<string, Room>();
  return {
    enter(channelId, create) {
      const room = rooms.get(channelId) ?? { members: new Map(), group: createDaveGroup(channelId) };
      rooms.set(channelId, room);
      const member = create(room.group);
      const there = [...room.members.keys()];
      for (const other of room.members.values()) other.tell(VoiceOpcodes.ClientsConnect, { user_ids: [member.userId] });
      room.members.set(member.userId, member);
      if (there.length > 0) member.tell(VoiceOpcodes.ClientsConnect, { user_ids: there });
      room.group.enter(member);
    },
    leave(channelId, userId) {
      const room = rooms.get(channelId);
      if (!room?.members.delete(userId)) return;
      for (const other of room.members.values()) other.tell(VoiceOpcodes.ClientDisconnect, { user_id: userId });
      room.group.leave(userId);
      if (room.members.size === 0) rooms.delete(channelId);
    },
    memberIds: (channelId) => [...(rooms.get(channelId)?.members.keys() ?? [])],
    group: (channelId) => rooms.get(channelId)?.group ?? null,
    forward(frame) {
      for (const member of rooms.get(frame.channelId)?.members.values() ?? []) {
        if (member.userId !== frame.userId) member.hears(frame);
      }
    },
  };
}
