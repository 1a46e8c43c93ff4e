import type { NewPlace } from '../contract.ts';
export function integrityTests(_: NewPlace): void {}
