import type { KvittoEvent } from '../../../model/event.ts';

/** Address of a page about an event below the base that the configuration names; null where it names none. */
export function linkTo(base: string | null, event: KvittoEvent): string | null {
  if (base === null) return null;
  const root = base.replace(/\/+$/, '');
  if (event.type === 'alert') return `${root}/alerts/${event.alert}`;
  return `${root}/log/${event.entry}`;
}
