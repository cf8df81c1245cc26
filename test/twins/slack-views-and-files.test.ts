import type { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, plainClient, refused } from './slack/client.ts';
import type { Person } from './slack/people.ts';
import type { ShownMessage } from './slack/shown.ts';
import type { ChannelHandle, TeamHandle } from './slack/teams.ts';
import { type SlackTwin, startSlackTwin } from './slack/twin.ts';

/** Windows, homes, files and people, as the real client sees them. */

let twin: SlackTwin;
let team: TeamHandle;
let channel: ChannelHandle;
let ada: Person;
let web: WebClient;

beforeAll(async () => {
  twin = await startSlackTwin();
});
afterAll(() => twin.close());
beforeEach(() => {
  team = twin.addTeam({ name: 'School' });
  channel = team.addChannel({ name: 'maths' });
  ada = team.addMember({ name: 'Ada', locale: 'de-DE', isAdmin: true });
  channel.invite(ada);
  web = plainClient(twin, team.botToken());
});

const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
const modal = (title: string, more = {}) => ({
  ...{ type: 'modal' as const, title: { type: 'plain_text' as const, text: title } },
  ...{ blocks: [section('hello')], ...more },
});
const home = (text: string) => ({ type: 'home' as const, blocks: [section(text)] });

/** Something that the person just did lets the app open a window for them. */
const trigger = (person = ada) => person.runs(channel.id, '/tutor').triggerId;

describe('a modal', () => {
  test('is opened for what somebody did, once and within three seconds', async () => {
    const used = trigger();
    const { view } = await web.views.open({ trigger_id: used, view: modal('One') });
    expect(view).toMatchObject({ type: 'modal', team_id: team.id, callback_id: '', state: { values: {} } });
    expect(view?.blocks?.[0]).toMatchObject({ ...section('hello'), block_id: expect.any(String) });
    const open = (trigger_id: string) => errorOf(web.views.open({ trigger_id, view: modal('One') }));
    expect(await open(used)).toBe('exchanged_trigger_id');
    const late = trigger();
    twin.advance(3_001);
    expect(await open(late)).toBe('expired_trigger_id');
    expect(await open('1.2.3')).toBe('invalid_trigger_id');
    const stranger = twin.addTeam({ name: 'Elsewhere' });
    const hall = stranger.addChannel({ name: 'hall' });
    const foreign = stranger.addMember({ name: 'Eve' }).runs(hall.id, '/tutor');
    expect(await open(foreign.triggerId)).toBe('invalid_trigger_id');
  });

  test('is changed by whoever knows how it was', async () => {
    const opened = await web.views.open({ trigger_id: trigger(), view: modal('One', { external_id: 'one' }) });
    const { id: view_id = '', hash = '' } = opened.view ?? {};
    const changed = await web.views.update({ view_id, hash, view: modal('Two', { external_id: 'one' }) });
    expect(changed.view).toMatchObject({ id: view_id, title: { text: 'Two' } });
    expect(await errorOf(web.views.update({ view_id, hash, view: modal('Three') }))).toBe('hash_conflict');
    await web.views.update({ external_id: 'one', view: modal('Three') });
    expect(await errorOf(web.views.update({ view_id: 'V0', view: modal('x') }))).toBe('not_found');
  });

  test('that is none is refused with what is wrong', async () => {
    const long = web.views.open({ trigger_id: trigger(), view: modal('x'.repeat(25)) });
    expect(await refused(long)).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: [expect.stringContaining('/view/title')] },
    });
    expect(await errorOf(web.apiCall('views.open', { trigger_id: trigger() }))).toBe('invalid_arguments');
  });

  test('is laid upon another one, three at most', async () => {
    await web.views.open({ trigger_id: trigger(), view: modal('1', { submit: { type: 'plain_text', text: 'Go' } }) });
    const push = (title: string) => {
      const again = ada.runs(channel.id, '/tutor');
      return web.views.push({ trigger_id: again.submits({}).triggerId, view: modal(title, { submit }) });
    };
    const submit = { type: 'plain_text', text: 'Go' };
    const second = await push('2');
    expect(second.view).toMatchObject({ previous_view_id: second.view?.root_view_id });
    await push('3');
    expect(await errorOf(push('4'))).toBe('push_limit_reached');
    expect(await errorOf(web.views.push({ trigger_id: trigger(), view: modal('5') }))).toBe('not_found');
  });
});

describe('an App Home', () => {
  test('is published for somebody of the workspace, over what was there', async () => {
    expect(team.home(ada.id)).toBeNull();
    const { view } = await web.views.publish({ user_id: ada.id, view: home('one') });
    await web.views.publish({ user_id: ada.id, view: home('two'), hash: view?.hash ?? '' });
    expect(team.home(ada.id)).toMatchObject({ blocks: [section('two')] });
    const stale = web.views.publish({ user_id: ada.id, view: home('three'), hash: view?.hash ?? '' });
    expect(await errorOf(stale)).toBe('hash_conflict');
    const eve = twin.addTeam({ name: 'Elsewhere' }).addMember({ name: 'Eve' });
    expect(await errorOf(web.views.publish({ user_id: eve.id, view: home('one') }))).toBe('user_not_found');
  });

  test('is no modal', async () => {
    const wrong = web.views.publish({ user_id: ada.id, view: modal('One') as never });
    expect(await errorOf(wrong)).toBe('invalid_arguments');
  });
});

describe('a file', () => {
  const upload = (more = {}) =>
    web.filesUploadV2({ channel_id: channel.id, filename: 'a.txt', content: 'hello', initial_comment: 'See', ...more });

  test('is uploaded, shown in a channel or a thread, and read with a token', async () => {
    const root = ada.says(channel.id, 'draw it').ts;
    await upload({ thread_ts: root });
    const [, message] = channel.thread(root);
    expect(message).toMatchObject({ text: 'See', files: [{ name: 'a.txt' }] });
    const { file } = await web.files.info({ file: message?.files[0]?.id ?? '' });
    expect(file).toMatchObject({ name: 'a.txt', size: 5, channels: [channel.id] });
    const headers = { authorization: `Bearer ${team.botToken()}` };
    const response = await fetch(file?.url_private ?? '', { headers });
    expect(await response.text()).toBe('hello');
  });

  test('is behind a page for signing in without a token that may read it', async () => {
    await upload();
    const { file } = await web.files.info({ file: channel.messages()[0]?.files[0]?.id ?? '' });
    const other = twin.addTeam({ name: 'Elsewhere' });
    for (const token of ['', 'xoxb-1', other.botToken()]) {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(file?.url_private_download ?? '', { headers });
      expect(response.redirected).toBe(true);
      expect(response.headers.get('content-type')).toBe('text/html');
    }
    expect(await errorOf(plainClient(twin, other.botToken()).files.info({ file: file?.id ?? '' }))).toBe(
      'file_not_found',
    );
  });

  test('says in which messages it is, by the kind of channel', async () => {
    const root = ada.says(channel.id, 'draw it').ts;
    await upload({ thread_ts: root });
    await upload({ channel_id: ada.dm() });
    const shares = async (message: ShownMessage | undefined) =>
      (await web.files.info({ file: message?.files[0]?.id ?? '' })).file?.shares;
    const [, inThread] = channel.thread(root);
    expect(await shares(inThread)).toEqual({
      public: { [channel.id]: [{ ts: inThread?.ts, thread_ts: root }] },
      private: {},
    });
    const [direct] = twin.channel(ada.dm()).messages();
    expect(await shares(direct)).toEqual({ public: {}, private: { [ada.dm()]: [{ ts: direct?.ts }] } });
  });

  test('that is no picture and has a description is shown to nobody, as happens in Slack', async () => {
    const uploaded = async (filename: string) => {
      // The client's own name for it is another one than Slack's.
      const form = { filename, length: 5, alt_txt: 'five' };
      const { upload_url: url = '', file_id: id = '' } = await web.files.getUploadURLExternal(form);
      await fetch(url, { method: 'POST', body: 'hello' });
      const files: [{ id: string }] = [{ id }];
      expect(await web.files.completeUploadExternal({ files, channel_id: channel.id })).toMatchObject({ ok: true });
    };
    await uploaded('a.ogg');
    expect(channel.messages()).toEqual([]);
    await uploaded('a.png');
    expect(channel.messages()).toMatchObject([{ files: [{ name: 'a.png' }] }]);
  });

  test('is complete only with all of its bytes', async () => {
    const form = { filename: 'a.txt', length: 5 };
    const { file_id: id = '', upload_url: url = '' } = await web.files.getUploadURLExternal(form);
    expect(await errorOf(web.files.completeUploadExternal({ files: [{ id }] }))).toBe('file_update_failed');
    expect((await fetch(url, { method: 'POST', body: 'hell' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: 'hello' })).status).toBe(200);
    await web.files.completeUploadExternal({ files: [{ id, title: 'A' }] });
    expect(await web.files.info({ file: id })).toMatchObject({ file: { title: 'A' } });
  });
});

describe('somebody', () => {
  test('is known by name, language and rights', async () => {
    expect(await web.users.info({ user: ada.id, include_locale: true })).toMatchObject({
      user: { id: ada.id, team_id: team.id, real_name: 'Ada', locale: 'de-DE', is_admin: true, is_bot: false },
    });
    expect((await web.users.info({ user: ada.id })).user).not.toHaveProperty('locale');
    const eve = twin.addTeam({ name: 'Elsewhere' }).addMember({ name: 'Eve' });
    expect(await errorOf(web.users.info({ user: eve.id }))).toBe('user_not_found');
  });

  test('works in a workspace that has a name', async () => {
    expect(await web.team.info()).toMatchObject({ team: { id: team.id, name: 'School', domain: 'school' } });
    expect(await errorOf(web.team.info({ team: 'T0' }))).toBe('team_not_found');
  });
});
