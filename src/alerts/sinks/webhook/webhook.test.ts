import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';
import { startHttpReceiver } from '../../testing/http-receiver.ts';
import { acceptSink } from '../../testing/sink-acceptance.ts';
import { webhook } from './index.ts';

const secret = `whsec_${Buffer.from('a key of thirty-two bytes, or so').toString('base64')}`;

acceptSink(webhook, {
  settings: (port) => ({ url: `http://127.0.0.1:${port}/hook/of/kvitto`, secret: { env: 'KVITTO_TEST_WEBHOOK' } }),
  secrets: { KVITTO_TEST_WEBHOOK: secret },
  receive: async (most) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver(({ headers, body }) => {
      if (ids.length >= most) return { status: 503 };
      const event = new Webhook(secret).verify(body, headers as Record<string, string>) as { id: string };
      assert.equal(headers['webhook-id'], event.id);
      ids.push(event.id);
      return { status: 204 };
    });
    return { port: receiver.port, ids: () => ids, stop: receiver.stop };
  },
});
