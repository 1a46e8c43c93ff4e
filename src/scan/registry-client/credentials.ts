/** A login for a registry. `from` says where it came from, for messages; the other fields never go into one. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string; readonly from: string }
  /** An OAuth2 refresh token, to be exchanged at the realm. */
  | { readonly kind: 'identity-token'; readonly token: string; readonly from: string }
  /** A bearer token for the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string; readonly from: string };
