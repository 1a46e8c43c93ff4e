import { type Got, type HttpReceiver, type Reply, startHttpReceiver } from './http-receiver.ts';

/** An issue as a tracker has it. */
export interface DeskIssue {
  readonly name: string;
  title: string;
  body: string;
  labels: string[];
  open: boolean;
  readonly comments: string[];
  gone: boolean;
}

/** The trackers' common part: what they hold. */
export class Desk {
  readonly issues: DeskIssue[] = [];

  add(name: string, issue: Pick<DeskIssue, 'title' | 'body' | 'labels'>): DeskIssue {
    const added = { name, ...issue, open: true, comments: [], gone: false };
    this.issues.push(added);
    return added;
  }

  find(name: string): DeskIssue | null {
    return this.issues.find((issue) => issue.name === name && !issue.gone) ?? null;
  }
}

/** What a tracker does with a request, as its documentation says. Null for an address that it does not know. */
export type Answering = (desk: Desk, got: Got, url: URL) => Reply | null;

/** Comes before the tracker's own answer, or, where `after` is true, in its place when it has done what was asked. Null: no fault. */
export type Fault = (got: Got) => { readonly after: boolean; readonly reply: Reply } | null;

export interface IssueServer {
  readonly port: number;
  readonly desk: Desk;
  readonly got: readonly Got[];
  fault: Fault;
  stop: HttpReceiver['stop'];
}

/** A tracker on a free port of this machine. */
export async function startIssueServer(answering: Answering): Promise<IssueServer> {
  const desk = new Desk();
  const receiver = await startHttpReceiver((got) => {
    const fault = server.fault(got);
    if (fault !== null && !fault.after) return fault.reply;
    const reply =
      answering(desk, got, new URL(got.path, 'http://tracker.example')) ?? json(404, { message: 'Not Found' });
    return fault?.reply ?? reply;
  });
  const server: IssueServer = { ...receiver, desk, fault: () => null };
  return server;
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Breaks the connection off. */
export const brokenOff: Reply = (response) => response.destroy();
