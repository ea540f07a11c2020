/** What an import tells the command line. */
export type { ImportReport, Progress } from "../domain/import/report.ts";
