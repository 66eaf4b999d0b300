interface Described {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

const described = (keys: Described[] = []): PublicKeyCredentialDescriptor[] => keys.map((k) => ({ ...k, id: decoded(k.id) }));

/** The options of the gateway as the browser takes them; parseRequestOptionsFromJSON is too new to count on. */
export function requestOptions(options: unknown): PublicKeyCredentialRequestOptions {
  const o = options as { challenge: string; allowCredentials?: Described[] };
  return { ...(o as object), challenge: decoded(o.challenge), allowCredentials: described(o.allowCredentials) };
}

export function creationOptions(options: unknown): PublicKeyCredentialCreationOptions {
  const o = options as { challenge: string; user: { id: string }; excludeCredentials?: Described[] };
  return {
    ...(o as unknown as PublicKeyCredentialCreationOptions),
    challenge: decoded(o.challenge),
    user: { ...(o.user as unknown as PublicKeyCredentialUserEntity), id: decoded(o.user.id) },
    excludeCredentials: described(o.excludeCredentials),
  };
}

/** What a browser made, as JSON; some password managers give no toJSON. */
export function plain(credential: PublicKeyCredential): unknown {
  const response = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const parts: Record<string, string> = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] as const) {
    const bytes = response[name] as ArrayBuffer | null | undefined;
    if (bytes) parts[name] = encoded(bytes);
  }
  return {
    id: credential.id,
    rawId: encoded(credential.rawId),
    type: credential.type,
    response: { ...parts, ...(response.getTransports ? { transports: response.getTransports() } : null) },
    clientExtensionResults: {},
  };
}

/** Base64url, as WebAuthn has it in JSON. */
export function decoded(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

export function encoded(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
