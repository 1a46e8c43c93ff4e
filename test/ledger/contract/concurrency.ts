import type { NewPlace } from '../contract.ts';
export function concurrencyTests(_: NewPlace): void {}
