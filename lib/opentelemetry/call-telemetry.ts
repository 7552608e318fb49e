import {
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
import { CALL_CHANNEL } from '../diagnostics/diagnostics.js';
import type { CallTrace } from '../diagnostics/tracing.js';
import { DURATION_BUCKETS, MCHID, REQUEST_ID } from './conventions.js';
import { Subscription } from './subscription.js';
import { pathOf, urlTemplate } from './url-template.js';

interface RunningCall {
  readonly span: Span;
  readonly template: string;
  /** Of `performance.now()`. */
  readonly start: number;
}

/** Makes spans and metrics of calls. A span covers all attempts; what instruments HTTP adds one for each. */
export class CallTelemetry {
  readonly subscriptions = [
    new Subscription<CallTrace>(`tracing:${CALL_CHANNEL}:start`, (call) => {
      this.start(call);
    }),
    new Subscription<CallTrace>(`tracing:${CALL_CHANNEL}:asyncEnd`, (call) => {
      this.end(call);
    }),
  ];
  private readonly running = new WeakMap<CallTrace, RunningCall>();
  private durations?: Histogram;
  private retries?: Counter;

  constructor(private tracer: Tracer) {}

  useTracer(tracer: Tracer): void {
    this.tracer = tracer;
  }

  useMeter(meter: Meter): void {
    this.durations = meter.createHistogram('wechatpay.call.duration', {
      description: 'How long calls to WeChat Pay take, with all attempts and pauses',
      unit: 's',
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    });
    this.retries = meter.createCounter('wechatpay.call.retries', {
      description: 'Requests to WeChat Pay that were sent again',
      unit: '{request}',
    });
  }

  private start(call: CallTrace): void {
    const { mchid, method, target } = call;
    const template = urlTemplate(target);
    const span = this.tracer.startSpan(`${method} ${template}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': method,
        'url.template': template,
        'url.path': pathOf(target),
        [MCHID]: mchid,
      },
    });
    this.running.set(call, { span, template, start: performance.now() });
    call.run = context.bind(trace.setSpan(context.active(), span), call.run);
  }

  private end(call: CallTrace): void {
    const running = this.running.get(call);
    if (!running) return;
    const { span, template, start } = running;
    const { mchid, method, baseUrl, code, status, requestId } = call;
    const retries = Math.max(0, call.attempts - 1);
    span.setAttributes({
      'server.address': baseUrl && new URL(baseUrl).hostname,
      'http.response.status_code': status,
      'http.request.resend_count': retries > 0 ? retries : undefined,
      [REQUEST_ID]: requestId,
    });
    const attributes = {
      'http.request.method': method,
      'url.template': template,
      [MCHID]: mchid,
    };
    if (call.outcome === 'failed') {
      span.setAttribute('error.type', code ?? '_OTHER');
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: call.error instanceof Error ? call.error.message : undefined,
      });
    }
    const outcome = { ...attributes, ...(code !== undefined && { 'error.type': code }) };
    this.durations?.record((performance.now() - start) / 1000, outcome);
    if (retries > 0) this.retries?.add(retries, attributes);
    span.end();
  }
}
