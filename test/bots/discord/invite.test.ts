import { PermissionFlagsBits } from 'discord-api-types/v10';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  inviteUrl,
  missingPermissions,
  REQUIRED_PERMISSIONS,
  VOICE_PERMISSIONS,
  WISHED_PERMISSIONS,
} from '../../../src/bots/discord/connection/invite.ts';

const sum = (bits: bigint[]) => bits.reduce((all, bit) => all | bit, 0n);

test('the link invites with everything that is of use, and asks for no more', () => {
  const url = new URL(inviteUrl('1234'));
  expect(url.origin + url.pathname).toBe('https://discord.com/oauth2/authorize');
  const { permissions, ...rest } = Object.fromEntries(url.searchParams);
  expect(rest).toEqual({ client_id: '1234', scope: 'bot applications.commands' });
  expect(BigInt(permissions ?? '')).toBe(
    sum([REQUIRED_PERMISSIONS, WISHED_PERMISSIONS, VOICE_PERMISSIONS].flatMap((each) => Object.values(each))),
  );
  expect(missingPermissions(permissions ?? '', WISHED_PERMISSIONS)).toEqual([]);
  expect(missingPermissions(permissions ?? '', VOICE_PERMISSIONS)).toEqual([]);
  expect(missingPermissions(permissions ?? '', REQUIRED_PERMISSIONS)).toEqual([]);
});

test('exactly what was not granted is missing, whatever else was', () => {
  const others = Object.values(PermissionFlagsBits).filter(
    (bit) => bit !== PermissionFlagsBits.Administrator && !Object.values(REQUIRED_PERMISSIONS).includes(bit),
  );
  fc.assert(
    fc.property(fc.subarray(Object.keys(REQUIRED_PERMISSIONS)), fc.subarray(others), (granted, more) => {
      const bits = sum([...granted.map((name) => REQUIRED_PERMISSIONS[name] ?? 0n), ...more]);
      const missing = Object.keys(REQUIRED_PERMISSIONS).filter((name) => !granted.includes(name));
      expect(missingPermissions(bits, REQUIRED_PERMISSIONS)).toEqual(missing);
      expect(missingPermissions(String(bits), REQUIRED_PERMISSIONS)).toEqual(missing);
    }),
  );
});

test('without another wish the required ones count, by the names that Discord shows', () => {
  expect(missingPermissions(0n)).toEqual(Object.keys(REQUIRED_PERMISSIONS));
  expect(missingPermissions(sum(Object.values(REQUIRED_PERMISSIONS)))).toEqual([]);
  expect(missingPermissions(0n)).toContain('Create Public Threads');
});

test('an administrator lacks nothing', () => {
  expect(missingPermissions(PermissionFlagsBits.Administrator, REQUIRED_PERMISSIONS)).toEqual([]);
});
