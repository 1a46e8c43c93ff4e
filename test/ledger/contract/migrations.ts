import type { NewPlace } from '../contract.ts';
export function migrationTests(_: NewPlace): void {}
