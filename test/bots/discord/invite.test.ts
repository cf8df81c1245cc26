import { PermissionFlagsBits } from 'discord-api-types/v10';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  inviteUrl,
  missingPermissions,
  OPTIONAL_PERMISSIONS,
  REQUIRED_PERMISSIONS,
} from '../../../src/bots/discord/invite.ts';

const ALL = { ...REQUIRED_PERMISSIONS, ...OPTIONAL_PERMISSIONS };
const sum = (bits: bigint[]) => bits.reduce((all, bit) => all | bit, 0n);

test('the link invites with everything that is of use, and asks for no more', () => {
  const url = new URL(inviteUrl('1234'));
  expect(url.origin + url.pathname).toBe('https://discord.com/oauth2/authorize');
  const { permissions, ...rest } = Object.fromEntries(url.searchParams);
  expect(rest).toEqual({ client_id: '1234', scope: 'bot applications.commands' });
  expect(BigInt(permissions ?? '')).toBe(sum(Object.values(ALL)));
  expect(missingPermissions(permissions ?? '', ALL)).toEqual([]);
});

test('exactly what was not granted is missing, whatever else was', () => {
  const others = Object.values(PermissionFlagsBits).filter(
    (bit) => bit !== PermissionFlagsBits.Administrator && !Object.values(ALL).includes(bit),
  );
  fc.assert(
    fc.property(fc.subarray(Object.keys(ALL)), fc.subarray(others), (granted, more) => {
      const bits = sum([...granted.map((name) => ALL[name] ?? 0n), ...more]);
      const missing = Object.keys(ALL).filter((name) => !granted.includes(name));
      expect(missingPermissions(bits, ALL)).toEqual(missing);
      expect(missingPermissions(String(bits), ALL)).toEqual(missing);
    }),
  );
});

test('without another wish the required ones count, by the names that Discord shows', () => {
  expect(missingPermissions(0n)).toEqual(Object.keys(REQUIRED_PERMISSIONS));
  expect(missingPermissions(sum(Object.values(REQUIRED_PERMISSIONS)))).toEqual([]);
  expect(missingPermissions(0n)).toContain('Create Public Threads');
});

test('an administrator lacks nothing', () => {
  expect(missingPermissions(PermissionFlagsBits.Administrator, ALL)).toEqual([]);
});
