/** Bundles, asked for at the command line. Paths are those of the machine that the store is on. */
import { isAbsolute } from "node:path";
import { Type } from "typebox";
import { Bool, Enum, Int, Opt, Required, Str } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { operation } from "../operation.ts";
import type { Services } from "../services.ts";
import { readSecretFile, type Bundles } from "../sync/bundles.ts";
import { underTicket } from "./bundle-watch.ts";

const Class = Enum({ public: 1, official: 2, secret: 3 });

const bundlesOf = ({ services }: { readonly services: Services }): Bundles => {
  if (services.bundles) return services.bundles;
  throw new DomainError("unavailable", "This store has no workstation: bundles are made and taken where it is served");
};

const assertAbsolute = (path: string | undefined): void => {
  if (path !== undefined && !isAbsolute(path)) throw new DomainError("invalid", `'${path}' must be an absolute path`);
};

/** Where a secret is read from, so that none is in a request, a list of processes or a log. */
const secretIn = (file: string | undefined): string | undefined => {
  assertAbsolute(file);
  return file === undefined ? undefined : readSecretFile(file);
};

export const createBundle = operation({
  name: "bundle-create",
  summary: "Makes a signed bundle of models, runs and experiments",
  request: Type.Object({
    models: Type.Array(Type.Object({ name: Required(), version: Opt(Str()) })),
    runs: Type.Array(Required()),
    experiments: Type.Array(Required()),
    all: Bool(),
    to: Opt(Str()),
    out: Opt(Str()),
    class_max: Opt(Class),
    clear_max: Opt(Class),
    volume_bytes: Opt(Int()),
    passphrase_file: Opt(Str()),
    recipient_file: Opt(Str()),
    ticket: Opt(Str()),
  }),
  run: (session, input, caller) => {
    assertAbsolute(input.out);
    const { models, runs, experiments, all, to, out, class_max, clear_max, volume_bytes } = input;
    if (models.length + runs.length + experiments.length === 0 && !all && to === undefined)
      throw new DomainError(
        "invalid",
        "Name what to carry, or the workstation whose lack it is: --model, --run, --experiment, --all, --to",
      );
    const wanted = {
      selection: { models, runs, experiments, all },
      to,
      out,
      classMax: class_max,
      clearMax: clear_max,
      volumeBytes: volume_bytes === undefined ? undefined : Number(volume_bytes),
      passphrase: secretIn(input.passphrase_file),
      recipient: secretIn(input.recipient_file),
    };
    return underTicket(input.ticket, (steering) => bundlesOf(session).create(wanted, caller, steering));
  },
});

const Opening = { path: Required(), passphrase_file: Opt(Str()), allow_unsigned: Bool(), ticket: Opt(Str()) };

export const verifyBundle = operation({
  name: "bundle-verify",
  summary: "Checks every byte of a bundle and who signed it; writes nothing",
  request: Type.Object(Opening),
  run: (session, { path, passphrase_file, allow_unsigned, ticket }) => {
    assertAbsolute(path);
    const opening = { path, passphrase: secretIn(passphrase_file), allowUnsigned: allow_unsigned };
    return underTicket(ticket, (steering) => bundlesOf(session).verify(opening, steering));
  },
});

export const importBundle = operation({
  name: "bundle-import",
  summary: "Shows what a bundle would change here, or takes it in; a receipt is settled",
  request: Type.Object({ ...Opening, yes: Bool(), trust: Opt(Str()), class_max: Opt(Class) }),
  run: (session, { path, passphrase_file, allow_unsigned, yes, trust, class_max, ticket }, caller) => {
    assertAbsolute(path);
    const passphrase = secretIn(passphrase_file);
    const wanted = { path, passphrase, allowUnsigned: allow_unsigned, yes, trust, classMax: class_max };
    return underTicket(ticket, (steering) => bundlesOf(session).take(wanted, caller, steering));
  },
});

export const bundleReceipt = operation({
  name: "bundle-receipt",
  summary: "Writes a receipt for the bundles of a workstation, to be carried back",
  request: Type.Object({ peer: Required(), out: Opt(Str()) }),
  run: (session, { peer, out }) => {
    assertAbsolute(out);
    return bundlesOf(session).receipt(peer, out);
  },
});

export const bundleKeys = operation({
  name: "bundle-keys",
  summary: "This workstation's own keys, and the keys that are trusted here",
  request: Type.Object({ forget: Opt(Str()) }),
  run: async (session, { forget }, caller) => {
    const bundles = bundlesOf(session);
    if (forget !== undefined) await bundles.forget(forget, caller);
    return { ...bundles.keys(), workstations: bundles.peers() };
  },
});
