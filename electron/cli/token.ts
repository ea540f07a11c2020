import { print, withAdmin, withCommon, type CliCommand, type CommonOptions } from "./command.ts";

/** `outpost token create|list|revoke`: access for other users and machines' scripts. */
export const token: CliCommand = (program, terminal) => {
  const group = program.command("token").description("make, list and revoke access tokens");

  withCommon(group.command("create <name>"))
    .description("make a token; its secret is printed once and kept nowhere")
    .option("--role <role>", "viewer, editor, approver or admin", "editor")
    .action(async (name: string, options: CommonOptions & { readonly role: string }) => {
      const { role } = options;
      const { createToken } = await import("../host/operations/tokens.ts");
      const made = await withAdmin({ ...options, create: true }, terminal, (admin) =>
        admin.run(createToken, { name, role }),
      );
      if (!options.json) terminal.err("outpost: this is shown once; use it as MLFLOW_TRACKING_TOKEN");
      print(terminal, options, made, () => [made.secret]);
    });

  withCommon(group.command("list"))
    .description("list all tokens, without their secrets")
    .action(async (options: CommonOptions) => {
      const { listTokens } = await import("../host/operations/tokens.ts");
      const listed = await withAdmin(options, terminal, (admin) => admin.run(listTokens, {}));
      print(terminal, options, listed, () =>
        listed.tokens.map((t) =>
          [t.name, t.role, new Date(t.created_at).toISOString(), t.revoked_at === null ? "valid" : "revoked"].join(
            "\t",
          ),
        ),
      );
    });

  withCommon(group.command("revoke <name>"))
    .description("end a token at once")
    .action(async (name: string, options: CommonOptions) => {
      const { revokeToken } = await import("../host/operations/tokens.ts");
      const revoked = await withAdmin(options, terminal, (admin) => admin.run(revokeToken, { name }));
      print(terminal, options, revoked, () => [`outpost: token '${revoked.name}' is revoked`]);
    });
};
