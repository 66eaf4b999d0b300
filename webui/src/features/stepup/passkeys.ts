import type { Confirmation, Passkey, Status } from "@/gen/api";
import { client } from "@/app/client";
import { localError } from "@/rpc/errors";

/** Whether passkeys work on this page: they belong to the home's own name, over HTTPS. */
export function passkeysWork(status: Status): boolean {
  return status.domain !== "" && status.domain === window.location.hostname && "PublicKeyCredential" in window;
}

/** Confirms something by a passkey, on this device. */
export async function confirmByPasskey(id: string): Promise<Confirmation> {
  const { options } = await client.call("stepup.confirmation.challenge", { id });
  const credential = await asked(() => navigator.credentials.get({ publicKey: requestOptions(options) }));
  return client.call("stepup.confirmation.passkey", { id, credential: plain(credential) });
}

/** Has this device, or a key at hand, make a passkey, and adds it. */
export async function addPasskey(name: string): Promise<Passkey> {
  const { options } = await client.call("stepup.passkey.prepare", {});
  const credential = await asked(() => navigator.credentials.create({ publicKey: creationOptions(options) }));
  return client.call("stepup.passkey.create", { name, credential: plain(credential) });
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null = null;
  try {
    credential = await ask();
  } catch (err) {
    if (err instanceof DOMException && err.name === "InvalidStateError") {
      throw localError("conflict", "This device has a passkey of yours already. Use that one.");
    }
    if (!(err instanceof DOMException && err.name === "NotAllowedError")) throw err;
  }
  if (credential) return credential as PublicKeyCredential;
  throw localError("canceled", "The passkey was not used: it was canceled, or it took too long. Try again.");
}

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
function plain(credential: PublicKeyCredential): unknown {
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
