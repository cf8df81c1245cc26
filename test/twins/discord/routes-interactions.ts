/** Routes that answer interactions; their token is all they need. */
import { acknowledge, callbackWire, followUp } from './answers.ts';
import { type Interaction, interactionOf, messageOf } from './interactions.ts';
import { deleteMessage, draftOf, editMessage } from './messages.ts';
import type { Call, Routes } from './routes.ts';
import type { Message, State } from './state.ts';
import { messageWire } from './wire.ts';

const MESSAGE = '/webhooks/:application/:token/messages/:message';

export const interactionRoutes: Routes = {
  'POST /interactions/:interaction/:token/callback': ({ state, params, query, body, files }) => {
    const interaction = acknowledge(state, params.interaction, params.token, body, files);
    return query.get('with_response') === 'true' ? callbackWire(state, interaction) : undefined;
  },
  'POST /webhooks/:application/:token': (call) => {
    const interaction = ofCall(call);
    return shown(call.state, followUp(call.state, interaction, draftOf(call.state, call.body, call.files)));
  },
  [`GET ${MESSAGE}`]: (call) => shown(call.state, messageOf(call.state, ofCall(call), call.params.message)),
  [`PATCH ${MESSAGE}`]: (call) => {
    const message = messageOf(call.state, ofCall(call), call.params.message);
    editMessage(call.state, message, draftOf(call.state, call.body, call.files));
    return shown(call.state, message);
  },
  [`DELETE ${MESSAGE}`]: (call) => deleteMessage(call.state, messageOf(call.state, ofCall(call), call.params.message)),
};

function ofCall({ state, params }: Call): Interaction {
  return interactionOf(state, params.application, params.token);
}

function shown(state: State, message: Message) {
  return messageWire(state, message, true);
}
