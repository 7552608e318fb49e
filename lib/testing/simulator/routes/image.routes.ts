import {
  imageResponse,
  paramError,
  RequestRejection,
  type SimulatedResponse,
  success,
} from '../simulated-response.js';
import type { Route, RoutedCall } from './route-table.js';

export const IMAGE_ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/v3\/merchant-service\/images\/upload$/, respond: upload },
  // A media id can contain slashes, and not every URL of a complaint escapes them.
  { method: 'GET', path: /^\/v3\/merchant-service\/images\/(.+)$/, respond: download },
];

function upload({ state, upload: image }: RoutedCall): SimulatedResponse {
  if (!image) {
    const issue = '请求体不是由 meta 和 file 组成的表单';
    throw new RequestRejection(paramError('file', undefined, issue));
  }
  return success({ media_id: state.images.upload(image) });
}

function download({ state, id }: RoutedCall): SimulatedResponse {
  return imageResponse(state.images.download(id));
}
