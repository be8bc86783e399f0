import { ServiceError } from "../domain/errors.ts";
import type { ImageCoordinator } from "../durable/image-coordinator.ts";
import type { Allowance } from "../stores/allowance.ts";

export interface HeldLease extends Disposable {
  /** Aborted when the lease is lost or the client goes away, which stops the writer. */
  readonly signal: AbortSignal;
  /** Why the lease was lost, if it was. */
  readonly lost: ServiceError | undefined;
  /** Must be called before bytes move; they may once this resolves. When it rejects, the lease is lost. */
  readonly admit: (bytes: number) => Promise<void>;
  /** Must be called whenever bytes have moved. */
  readonly progress: () => void;
}

export interface LeaseTimes {
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly stallSeconds: number;
}

export interface LeaseHolder {
  /** Aborted when the client goes away. */
  readonly client: AbortSignal;
  /** What the transfer may write; absent: as much as it likes. */
  readonly allowance?: Allowance;
}

/**
 * Renews a transfer's lease while its bytes move. The lease is lost, and the writer stopped, when the image's object
 * refuses to renew it, when the object does not answer for a whole lease, when no byte moves for `stallSeconds`, and
 * when the quota is used up.
 */
export function holdLease(
  coordinator: DurableObjectStub<ImageCoordinator>,
  lease: string,
  times: LeaseTimes,
  { client, allowance }: LeaseHolder,
): HeldLease {
  const stop = new AbortController();
  let lost: ServiceError | undefined;
  let heardAt = Date.now();
  let movedAt = Date.now();
  const lose = (error: ServiceError) => {
    lost ??= error;
    stop.abort(lost);
  };
  const beat = async () => {
    if (Date.now() - movedAt > times.stallSeconds * 1000)
      return lose(
        new ServiceError("unavailable", `No byte of the image moved for ${times.stallSeconds} seconds.`),
      );
    try {
      const answer = await coordinator.heartbeat(lease);
      if (!answer.ok) return lose(new ServiceError(answer.kind, answer.message));
      heardAt = Date.now();
    } catch (cause) {
      if (Date.now() - heardAt > times.leaseSeconds * 1000)
        lose(
          new ServiceError("unavailable", "The image's coordinator did not answer during the upload.", {
            cause,
          }),
        );
    }
  };
  const timer = setInterval(beat, times.heartbeatSeconds * 1000);
  return {
    signal: AbortSignal.any([stop.signal, client]),
    get lost() {
      return lost;
    },
    async admit(bytes) {
      try {
        await allowance?.admit(bytes);
      } catch (error) {
        lose(error as ServiceError);
        throw error;
      }
    },
    progress: () => {
      movedAt = Date.now();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
