/** Methods about the app itself, workspaces and people. */
import { type Call, flagOf, type Methods, teamWire, textOf, userOf } from './calls.ts';
import { revokeToken, teamsOf, uninstall } from './installations.ts';
import { Refusal } from './refusals.ts';
import { type Json, known } from './state.ts';
import { userWire } from './wire.ts';

export const aboutMethods: Methods = {
  'auth.test': { tier: 't5', auth: 'bot', handle: whoAmI },
  'auth.teams.list': {
    ...{ tier: 't2', auth: 'bot' },
    handle: ({ state, installation }) => ({
      teams: teamsOf(state, installation).map(({ id, name }) => ({ id, name })),
      response_metadata: { next_cursor: '' },
    }),
  },
  'auth.revoke': {
    ...{ tier: 't3', auth: 'bot' },
    handle(call) {
      const isTest = flagOf(call, 'test');
      if (!isTest) revokeToken(call.state, call.token);
      return { revoked: !isTest };
    },
  },
  'apps.uninstall': {
    ...{ tier: 't1', auth: 'bot', required: ['client_id', 'client_secret'] },
    handle(call) {
      const { state, installation } = call;
      if (textOf(call, 'client_id') !== state.clientId) throw new Refusal('invalid_client_id');
      if (textOf(call, 'client_secret') !== state.clientSecret) throw new Refusal('bad_client_secret');
      uninstall(state, installation);
      return {};
    },
  },
  'apps.connections.open': { tier: 't3', auth: 'app', handle: ({ state }) => ({ url: state.socketUrl() }) },
  'users.info': {
    ...{ tier: 't4', auth: 'bot', scope: 'users:read', required: ['user'] },
    handle: (call) => ({ user: userWire(userOf(call), { withLocale: flagOf(call, 'include_locale') }) }),
  },
  'team.info': {
    ...{ tier: 't3', auth: 'bot', scope: 'team:read' },
    handle(call) {
      const { state, installation } = call;
      const id = textOf(call, 'team') || installation.teamId;
      // A token of an organisation has no workspace of its own.
      if (id === null) throw new Refusal('missing_argument');
      if (!teamsOf(state, installation).some((team) => team.id === id)) throw new Refusal('team_not_found');
      return { team: teamWire(state, id) };
    },
  },
};

function whoAmI({ state, installation }: Call): Json {
  const { teamId, enterpriseId, botUser, botId } = installation;
  const home = teamId === null ? known(state.enterprises, enterpriseId ?? '') : known(state.teams, teamId);
  return {
    ...{ url: `https://${home.domain}.slack.com/`, team: home.name, team_id: home.id },
    ...{ user: botUser.name, user_id: botUser.id, bot_id: botId },
    ...(enterpriseId !== null && { enterprise_id: enterpriseId }),
    is_enterprise_install: teamId === null,
  };
}
