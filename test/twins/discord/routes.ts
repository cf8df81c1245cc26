/** Which request is which route, and what a route gets to work with. */
import type { UploadedFile } from './messages.ts';
import { aboutRoutes } from './routes-about.ts';
import { channelRoutes } from './routes-channels.ts';
import { commandRoutes } from './routes-commands.ts';
import { interactionRoutes } from './routes-interactions.ts';
import { premiumRoutes } from './routes-premium.ts';
import { threadRoutes } from './routes-threads.ts';
import { voiceRoutes } from './routes-voice.ts';
import type { State } from './state.ts';

type Parameter =
  | ('channel' | 'message' | 'guild' | 'user' | 'application' | 'command' | 'interaction' | 'token')
  | ('sku' | 'entitlement' | 'subscription');

export interface Call {
  state: State;
  /** Those that the route's pattern names. */
  params: Record<Parameter, string>;
  query: URLSearchParams;
  body: unknown;
  files: readonly UploadedFile[];
}

/** By method and pattern; what is returned is the answer's body, and undefined means 204. Throws a Refusal. */
export type Routes = Record<`${string} /${string}`, (call: Call) => unknown>;

const ALL: Routes = {
  ...{ ...aboutRoutes, ...channelRoutes, ...threadRoutes, ...voiceRoutes },
  ...{ ...commandRoutes, ...interactionRoutes, ...premiumRoutes },
};

const COMPILED = Object.entries(ALL).map(([route, handle]) => {
  const [method = '', pattern = ''] = route.split(' ');
  const source = pattern.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
  return { method, pattern, handle, expression: new RegExp(`^${source}$`) };
});

export interface Found {
  pattern: string;
  params: Record<Parameter, string>;
  handle: (call: Call) => unknown;
}

export function findRoute(method: string, path: string): Found | null {
  for (const { pattern, handle, expression, ...route } of COMPILED) {
    const match = route.method === method ? expression.exec(path) : null;
    // Named groups that the pattern does not have are not asked for by its handler.
    if (match) return { pattern, handle, params: { ...match.groups } as Record<Parameter, string> };
  }
  return null;
}
