import { describe, expect, it } from '@jest/globals';
import { pathOf, urlTemplate } from '../../../lib/opentelemetry/url-template.js';

const COMPLAINTS = '/v3/merchant-service/complaints-v2';

describe('urlTemplate', () => {
  it.each([
    ['/v3/certificates', '/v3/certificates'],
    [`${COMPLAINTS}?limit=50&offset=0`, COMPLAINTS],
    [`${COMPLAINTS}/200201820200101080076610000`, `${COMPLAINTS}/{complaint_id}`],
    [`${COMPLAINTS}/2002%2F1/response`, `${COMPLAINTS}/{complaint_id}/response`],
    [
      `${COMPLAINTS}/2002/negotiation-historys?limit=300&offset=0`,
      `${COMPLAINTS}/{complaint_id}/negotiation-historys`,
    ],
    ['/v3/merchant-service/images/upload', '/v3/merchant-service/images/upload'],
    ['/v3/merchant-service/images/ChsyMDAw?x=1', '/v3/merchant-service/images/{media_id}'],
    ['/v3/merchant-service/images/uploaded', '/v3/merchant-service/images/{media_id}'],
    [
      '/v3/merchant-service/complaint-notifications',
      '/v3/merchant-service/complaint-notifications',
    ],
  ])('%s is %s', (target, template) => {
    expect(urlTemplate(target)).toBe(template);
  });
});

describe('pathOf', () => {
  it('leaves the query out', () => {
    expect(pathOf('/v3/certificates?a=1?b\n')).toBe('/v3/certificates');
  });
});
