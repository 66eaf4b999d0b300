import type { Confirmation, Passkey, Status } from "@/gen/api";
import { client } from "@/app/client";
import { localError } from "@/rpc/errors";
import { creationOptions, plain, requestOptions } from "./credential";

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
