import type { TextToSpeechClient } from '@google-cloud/text-to-speech';
import type { GoogleSpeechEndpoint } from '../../config/speech.ts';

/** The official client, loaded and opened when it is first needed: it takes 40 MB and a third of a second. */
export interface GoogleConnection {
  /** Throws what the client throws, and asks for credentials again the next time. */
  open(): Promise<TextToSpeechClient>;
  close(): Promise<void>;
}

export function googleConnection(endpoint: GoogleSpeechEndpoint | null): GoogleConnection {
  let opening: Promise<TextToSpeechClient> | null = null;
  return {
    open() {
      opening ??= openClient(endpoint).catch((error: unknown) => {
        opening = null;
        throw error;
      });
      return opening;
    },
    async close() {
      const client = await opening?.catch(() => null);
      opening = null;
      await client?.close();
    },
  };
}

async function openClient(endpoint: GoogleSpeechEndpoint | null): Promise<TextToSpeechClient> {
  const { TextToSpeechClient } = await import('@google-cloud/text-to-speech');
  const client = new TextToSpeechClient({
    ...(endpoint && { apiEndpoint: endpoint.host, port: endpoint.port }),
    ...(endpoint?.plain && (await withoutCredentials())),
  });
  // A call on a client that could not be opened would reject where nobody listens, and end the process.
  await client.initialize();
  if (!endpoint?.plain) await checkCredentials(client);
  return client;
}

/** Otherwise the client would try a key that cannot sign again and again, until it is late. */
async function checkCredentials(client: TextToSpeechClient): Promise<void> {
  const account = await client.auth.getClient();
  await account.getRequestHeaders(`https://${client.apiEndpoint}/`);
}

async function withoutCredentials() {
  const { credentials } = await import('@grpc/grpc-js');
  // Named, or else the client looks for a machine in Google's cloud to ask for it.
  return { sslCreds: credentials.createInsecure(), universeDomain: 'googleapis.com' };
}
