import {
  type Attributes,
  context,
  type Counter,
  type Histogram,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { NOTIFICATION_CHANNEL, type NotificationEvent } from '../diagnostics/diagnostics.js';
import type { NotificationTrace } from '../diagnostics/tracing.js';
import { DURATION_BUCKETS, MCHID, REQUEST_ID } from './conventions.js';
import { Subscription } from './subscription.js';

/** @see https://opentelemetry.io/docs/specs/semconv/messaging/ */
const MESSAGING: Attributes = {
  'messaging.system': 'wechatpay',
  'messaging.operation.name': 'process',
  'messaging.operation.type': 'process',
  'messaging.destination.name': 'complaint-notifications',
};
const SPAN_NAME = 'process complaint-notifications';

/** `Class.method`. A notification is counted once for each listener. */
const LISTENER = 'wechatpay.listener';

interface Handling {
  readonly span: Span;
  /** Of `performance.now()`. */
  readonly start: number;
}

/** Makes spans and metrics of notifications. */
export class NotificationTelemetry {
  readonly subscriptions = [
    new Subscription<NotificationEvent>(NOTIFICATION_CHANNEL, (event) => {
      this.count(event);
    }),
    new Subscription<NotificationTrace>(`tracing:${NOTIFICATION_CHANNEL}:start`, (handling) => {
      this.start(handling);
    }),
    new Subscription<NotificationTrace>(`tracing:${NOTIFICATION_CHANNEL}:asyncEnd`, (handling) => {
      this.end(handling);
    }),
  ];
  private readonly running = new WeakMap<NotificationTrace, Handling>();
  private outcomes?: Counter;
  private durations?: Histogram;

  constructor(private tracer: Tracer) {}

  useTracer(tracer: Tracer): void {
    this.tracer = tracer;
  }

  useMeter(meter: Meter): void {
    this.outcomes = meter.createCounter('wechatpay.notifications', {
      description: 'Complaint notifications from WeChat Pay, by outcome',
      unit: '{notification}',
    });
    this.durations = meter.createHistogram('messaging.process.duration', {
      description: 'How long handlers of messages run',
      unit: 's',
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    });
  }

  private count({ mchid, outcome, code, listener, late }: NotificationEvent): void {
    const attributes: Attributes = {
      'wechatpay.notification.outcome': outcome,
      ...(code !== undefined && { 'wechatpay.notification.code': code }),
    };
    this.outcomes?.add(1, {
      ...attributes,
      ...(mchid !== undefined && { [MCHID]: mchid }),
      'wechatpay.notification.late': late,
      ...(listener !== undefined && { [LISTENER]: listener }),
    });
    // That of the HTTP request, which has no other way to tell why it got this response.
    const span = trace.getActiveSpan();
    if (span?.isRecording()) span.setAttributes(attributes);
  }

  /** Everything that the handler does belongs to its span. */
  private start(handling: NotificationTrace): void {
    const span = this.tracer.startSpan(SPAN_NAME, {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...MESSAGING,
        'messaging.message.id': handling.id,
        [MCHID]: handling.mchid,
        [REQUEST_ID]: handling.requestId,
        [LISTENER]: handling.listener,
        'wechatpay.event_type': handling.eventType,
        'wechatpay.action_type': handling.actionType,
        'wechatpay.complaint_id': handling.complaintId,
      },
    });
    this.running.set(handling, { span, start: performance.now() });
    handling.run = context.bind(trace.setSpan(context.active(), span), handling.run);
  }

  private end(handling: NotificationTrace): void {
    const running = this.running.get(handling);
    if (!running) return;
    const { span, start } = running;
    const attributes = { ...MESSAGING };
    if (handling.error !== undefined) {
      const { error } = handling;
      attributes['error.type'] = error instanceof Error ? error.name : typeof error;
      span.setAttribute('error.type', attributes['error.type']);
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.durations?.record((performance.now() - start) / 1000, attributes);
    span.end();
  }
}
