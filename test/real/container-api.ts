import { request } from 'node:http';

/** Does things to the containers of a daemon, over the part of the Docker Engine API that podman speaks too. */
export interface ContainerApi {
  /** Creates and starts a container without network; its id. */
  run(name: string, config: Readonly<Record<string, unknown>>, hostConfig?: object): Promise<string>;
  /** Runs a command in a container and waits for its end. */
  exec(container: string, ...command: string[]): Promise<void>;
  /** What `docker cp` does: unpacks a tar in a folder of the container. */
  copyInto(container: string, folder: string, tar: Uint8Array): Promise<void>;
  post(path: string): Promise<void>;
  delete(path: string): Promise<void>;
}

/** Below those of a machine that is a container itself: podman's own are above them, and cannot be set there. */
const limits = [
  { Name: 'nofile', Soft: 1024, Hard: 1024 },
  { Name: 'nproc', Soft: 4096, Hard: 4096 },
];

/** Throws where the daemon answers with an error. */
export function containerApi(socketPath: string): ContainerApi {
  const send = async (method: string, path: string, type: string, body: Uint8Array): Promise<string> => {
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { 'content-type': type, 'content-length': body.length };
      const signal = AbortSignal.timeout(60_000);
      const asked = request({ socketPath, path, method, headers, agent: false, signal }, async (response) => {
        try {
          const chunks = await response.toArray();
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        } catch (error) {
          reject(error);
        }
      });
      asked.on('error', reject);
      asked.end(body);
    });
    if (status >= 300 || text.includes('"errorDetail"')) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };
  const json = async (method: string, path: string, body: unknown): Promise<string> =>
    await send(method, path, 'application/json', Buffer.from(body === undefined ? '' : JSON.stringify(body)));
  return {
    run: async (name, config, hostConfig = {}) => {
      const body = { ...config, HostConfig: { NetworkMode: 'none', Ulimits: limits, ...hostConfig } };
      const { Id: id } = JSON.parse(await json('POST', `/containers/create?name=${name}`, body));
      await json('POST', `/containers/${id}/start`, undefined);
      return id;
    },
    exec: async (container, ...command) => {
      const body = { AttachStdout: true, AttachStderr: true, Cmd: command };
      const { Id: id } = JSON.parse(await json('POST', `/containers/${container}/exec`, body));
      const output = await json('POST', `/exec/${id}/start`, { Detach: false, Tty: false });
      if (output !== '') throw new Error(`${command.join(' ')} in ${container}: ${output}`);
    },
    copyInto: async (container, folder, tar) => {
      const path = `/containers/${container}/archive?path=${encodeURIComponent(folder)}`;
      await send('PUT', path, 'application/x-tar', tar);
    },
    post: async (path) => void (await json('POST', path, undefined)),
    delete: async (path) => void (await json('DELETE', path, undefined)),
  };
}
