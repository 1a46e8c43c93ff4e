const dayMs = 86_400_000;

/**
 * What a `Retry-After` header asks for, in milliseconds, at most a day: seconds or a date (RFC 9110, section 10.2.3). Null where it is
 * not there or says nothing.
 */
export function retryAfterMs(value: string | null, now: Date): number | null {
  const text = value?.trim() ?? '';
  if (/^[0-9]{1,15}$/.test(text)) return Math.min(dayMs, Number(text) * 1000);
  // Also the two older forms of a date, which end in a zone or in a year.
  if (text.length > 40 || !/^[A-Z][a-z]{2,8},? .*(?:GMT|[0-9]{4})$/.test(text)) return null;
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.min(dayMs, Math.max(0, at - now.getTime()));
}
