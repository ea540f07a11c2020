import { ApiError, failureOf } from "../../../shared/api/client.ts";
import { m } from "../../i18n/messages.ts";

/**
 * Puts a file at an address and tells how many of its bytes are there, which fetch cannot.
 * @throws ApiError what the server said, or that it was not reached; AbortError when `signal` ended it
 */
export const sendFile = (
  href: string,
  file: File,
  onsent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    const failure = (): ApiError =>
      request.status === 0
        ? new ApiError("UNREACHABLE", m.artifacts_connection_lost(), 0)
        : failureOf(request.status, request.responseText);
    request.upload.onprogress = ({ loaded }) => onsent(loaded);
    request.onload = () => (request.status === 200 ? resolve() : reject(failure()));
    request.onerror = () => reject(failure());
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    request.open("PUT", href);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  });
