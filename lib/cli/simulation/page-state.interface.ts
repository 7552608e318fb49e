/** What the page shows. The script of the page reads it under the same names. */
export interface PageState {
  readonly mchid: string;
  readonly mode: string;
  readonly registeredUrl: string | null;
  /** Newest first. */
  readonly complaints: readonly PageComplaint[];
  /** Newest first. */
  readonly deliveries: readonly PageDelivery[];
  /** Newest first. */
  readonly calls: readonly PageCall[];
}

interface PageComplaint {
  readonly id: string;
  readonly time: string;
  readonly state: string;
  readonly detail: string;
  /** In fen. */
  readonly amount: number;
  readonly isRefunded: boolean;
  readonly isWithPlatform: boolean;
  /** Oldest first. */
  readonly history: readonly PageEntry[];
}

export interface PageEntry {
  readonly id: string;
  readonly time: string;
  readonly by: string;
  readonly type: string;
  readonly text: string;
  /** Links to pictures of the merchant and the platform. */
  readonly images: readonly string[];
  /** How many pictures it has, those of the consumer included. */
  readonly pictures: number;
}

/** A notification that was sent to the app, with its responses. */
interface PageDelivery {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
  readonly kind: string;
  readonly complaint_id: string;
  readonly action_type: string;
  readonly responses: readonly {
    readonly status?: number;
    readonly body: string;
    readonly isRight: boolean;
    readonly explanation: string;
  }[];
}

/** A call that the app has made. */
interface PageCall {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly method: string;
  readonly target: string;
  readonly status: number;
}
