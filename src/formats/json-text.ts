// Controls, format characters and line separators that JSON allows raw but that a terminal may obey.
const unsafe = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/** JSON with an indentation of 2 and a final newline, in which no character can steer a terminal. Keys stay in their order. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(unsafe, (found) => {
    let escaped = '';
    for (let i = 0; i < found.length; i++) escaped += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return escaped;
  });
  return `${text}\n`;
}
