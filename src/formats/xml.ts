// Characters outside XML 1.0's Char production (https://www.w3.org/TR/xml/#charsets), lone surrogates among them, and what may
// steer a terminal that prints the file.
const forbidden = /[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\p{Cf}\u2028\u2029]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text of the input, fit for the content of an element or the value of an attribute. */
export function xmlText(text: string): string {
  return text.replace(forbidden, '\u{fffd}').replace(/[&<>"'\t\n\r]/g, (char) => entities[char] ?? char);
}

/** An element as text. Without children it is empty; children are XML already, one per line. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(String(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>\n${children.join('\n')}\n</${name}>`;
}
