/** Names of attributes that spans and metrics share. */
export const MCHID = 'wechatpay.mchid';
export const REQUEST_ID = 'wechatpay.request_id';

/** Seconds: those of the semantic conventions for durations. */
export const DURATION_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
