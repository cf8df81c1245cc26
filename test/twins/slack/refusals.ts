/** How Slack says no: HTTP 200 with a word, and sometimes with what exactly is wrong. */
import type { Json } from './state.ts';

export type RefusalName =
  | 'access_denied'
  | 'account_inactive'
  | 'bad_client_secret'
  | 'bad_redirect_uri'
  | 'cannot_dm_bot'
  | 'cannot_reply_to_message'
  | 'cant_delete_message'
  | 'cant_update_message'
  | 'channel_not_found'
  | 'channel_type_not_supported'
  | 'client_id_token_mismatch'
  | 'exchanged_trigger_id'
  | 'expired_trigger_id'
  | 'file_deleted'
  | 'file_not_found'
  | 'file_update_failed'
  | 'hash_conflict'
  | 'invalid_arguments'
  | 'invalid_auth'
  | 'invalid_blocks'
  | 'invalid_blocks_format'
  | 'invalid_chunks'
  | 'invalid_client_id'
  | 'invalid_code'
  | 'invalid_cursor'
  | 'invalid_form_data'
  | 'invalid_grant_type'
  | 'invalid_json'
  | 'invalid_limit'
  | 'invalid_metadata_format'
  | 'invalid_metadata_schema'
  | 'invalid_refresh_token'
  | 'invalid_thread_ts'
  | 'invalid_trigger_id'
  | 'invalid_ts_latest'
  | 'invalid_ts_oldest'
  | 'is_archived'
  | 'is_inactive'
  | 'markdown_text_conflict'
  | 'message_not_found'
  | 'message_not_in_streaming_state'
  | 'message_not_owned_by_app'
  | 'metadata_too_large'
  | 'method_not_supported_for_channel_type'
  | 'missing_argument'
  | 'missing_recipient_team_id'
  | 'missing_recipient_user_id'
  | 'missing_scope'
  | 'msg_blocks_too_long'
  | 'msg_too_long'
  | 'no_text'
  | 'not_allowed_token_type'
  | 'not_authed'
  | 'not_found'
  | 'not_in_channel'
  | 'push_limit_reached'
  | 'streaming_state_conflict'
  | 'team_not_found'
  | 'thread_not_found'
  | 'token_expired'
  | 'token_revoked'
  | 'too_many_attachments'
  | 'unknown_method'
  | 'user_disabled'
  | 'user_not_found'
  | 'user_not_in_channel'
  | 'users_list_not_supplied'
  | 'view_too_large';

/** Thrown by whatever handles a request; the server turns it into Slack's answer. */
export class Refusal extends Error {
  readonly body: Json;

  constructor(error: RefusalName, more: Json = {}) {
    super(error);
    this.body = { ok: false, error, ...more };
  }
}

/** A refusal that says at which place the form is wrong. */
export function complaint(error: RefusalName, messages: readonly string[]): Refusal {
  return new Refusal(error, {
    response_metadata: { messages: messages.map((message) => (/^\[/.test(message) ? message : `[ERROR] ${message}`)) },
  });
}

/** What a scope would have allowed. */
export function missingScope(needed: string, provided: Iterable<string>): Refusal {
  return new Refusal('missing_scope', { needed, provided: [...provided].join(',') });
}
