import { backup } from "./backup.ts";
import { bundle } from "./bundle.ts";
import { check } from "./check.ts";
import type { CliCommand } from "./command.ts";
import { diagnostics } from "./diagnostics.ts";
import { gc } from "./gc.ts";
import { importCommand } from "./import.ts";
import { layout } from "./layout.ts";
import { open } from "./open.ts";
import { remote } from "./remote.ts";
import { serve } from "./serve.ts";
import { status } from "./status.ts";
import { sync } from "./sync.ts";
import { token } from "./token.ts";

/** All commands, in the order of the help. A new one is a file in this folder and its name here. */
export const commands: readonly CliCommand[] = [
  serve,
  open,
  status,
  check,
  backup,
  gc,
  layout,
  importCommand,
  bundle,
  token,
  remote,
  sync,
  diagnostics,
];
