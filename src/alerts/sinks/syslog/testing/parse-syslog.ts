/** A message of RFC 5424 in its parts. */
interface SyslogParts {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly msgId: string;
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Without the byte order mark. */
  readonly message: string;
}

/** Reads a message by the grammar of RFC 5424 section 6, strictly. Throws where it breaks it. */
export function parseSyslog(bytes: Buffer): SyslogParts {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const head = /^<(\d{1,3})>1 (\S{1,32}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) /.exec(text);
  if (head === null) throw new Error(`no head: ${text.slice(0, 200)}`);
  const [whole, priority, timestamp = '', hostname = '', appName = '', , msgId = ''] = head;
  const { elements, end } = elementsFrom(text, whole.length);
  if (end < text.length && text[end] !== ' ') throw new Error(`no space at ${end}`);
  const message = text.slice(end + 1).replace(/^\ufeff/, '');
  const pri = Number(priority);
  return { facility: pri >> 3, severity: pri & 7, timestamp, hostname, appName, msgId, elements, message };
}

function elementsFrom(text: string, from: number): { elements: Map<string, Map<string, string>>; end: number } {
  const elements = new Map<string, Map<string, string>>();
  if (text[from] === '-') return { elements, end: from + 1 };
  let at = from;
  while (text[at] === '[') {
    const id = /^[^ =\]"\p{Cc}]{1,32}/u.exec(text.slice(at + 1))?.[0];
    if (id === undefined) throw new Error(`no id at ${at}`);
    const parameters = new Map<string, string>();
    at += 1 + id.length;
    while (text[at] === ' ') {
      const parameter = /^ ([^ =\]"\p{Cc}]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"/u.exec(text.slice(at));
      if (parameter === null) throw new Error(`no parameter at ${at}: ${text.slice(at, at + 100)}`);
      parameters.set(parameter[1] ?? '', (parameter[2] ?? '').replace(/\\(["\\\]])/g, '$1'));
      at += parameter[0].length;
    }
    if (text[at] !== ']') throw new Error(`no end of an element at ${at}`);
    elements.set(id, parameters);
    at++;
  }
  if (elements.size === 0) throw new Error('no structured data');
  return { elements, end: at };
}

/** The messages in bytes that a stream brought (RFC 6587 section 3.4.1), and what is left of one that is not whole. */
export function unframed(bytes: Buffer): { readonly messages: Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    const head = /^(\d{1,7}) /.exec(rest.subarray(0, 8).toString('latin1'));
    if (head === null) {
      if (rest.length >= 8) throw new Error(`no length of a frame: ${rest.subarray(0, 20).toString('latin1')}`);
      return { messages, rest };
    }
    const [start, length] = [head[0].length, Number(head[1])];
    if (rest.length < start + length) return { messages, rest };
    messages.push(rest.subarray(start, start + length));
    rest = rest.subarray(start + length);
  }
}
