import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CodedError, type FailureCode } from '../model/errors.ts';
import { memoryImage } from './testing/memory-image.ts';
import { found, sampleScan } from './testing/sample-cataloger.ts';
import { tarBytes } from './testing/tar-bytes.ts';

const layers = ['a', 'b'].map((name) => ({ tar: tarBytes([{ path: `${name}/package.json`, content: name }]) }));

/** An image of two layers of which the first fails while it is read. */
function failing(code: FailureCode) {
  const image = memoryImage(layers);
  return {
    ...image,
    async *layers(signal: AbortSignal) {
      for await (const { key, bytes } of image.layers(signal))
        yield { key, bytes: key === 'layer-0' ? broken() : bytes };
    },
  };
  function broken(): AsyncIterable<Uint8Array> {
    const next = () => Promise.reject(new CodedError(code, 'the layer is not what it says'));
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }
}

it('a layer that cannot be read is told, and the others are reported', async () => {
  for (const [code, told] of [
    ['digest-mismatch', 'digest-mismatch'],
    ['source-not-found', 'unreadable'],
  ] as const) {
    const inventory = await sampleScan(failing(code));
    assert.deepEqual(found(inventory), [['b/package.json', 'b', 1]]);
    const where = `layer ${inventory.artifact.layers[0]?.diffId}`;
    assert.deepEqual(inventory.problems, [{ code: told, where, message: 'the layer is not what it says' }]);
  }
});

it('a network that fails ends the scan', async () => {
  for (const code of ['source-unreachable', 'source-unauthorized', 'aborted'] as const) {
    await assert.rejects(sampleScan(failing(code)), { code });
  }
});
