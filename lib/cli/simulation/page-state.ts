import type { SimulatedHistoryEntry } from '../../testing/simulator/state/complaint-record.js';
import type { PageEntry, PageState } from './page-state.interface.js';
import type { Simulation } from './simulation.js';

export function pageState(simulation: Simulation): PageState {
  const { merchant, simulator, calls, deliveries, registeredUrl } = simulation;
  return {
    mchid: merchant.mchid,
    mode: merchant.mode,
    registeredUrl: registeredUrl ?? null,
    complaints: simulator.complaints(merchant).map((complaint) => ({
      id: complaint.complaint_id,
      time: complaint.complaint_time,
      state: complaint.complaint_state,
      detail: complaint.complaint_detail,
      amount: complaint.complaint_order_info?.[0]?.amount ?? 0,
      isRefunded: complaint.complaint_full_refunded,
      isWithPlatform: complaint.in_platform_service === true,
      history: simulator.complaintHistory(merchant, complaint.complaint_id).map(toEntry).reverse(),
    })),
    deliveries,
    calls,
  };
}

function toEntry(entry: SimulatedHistoryEntry): PageEntry {
  const blocks = entry.normal_message?.blocks ?? [];
  return {
    id: entry.log_id,
    time: entry.operate_time,
    by: entry.operator,
    type: entry.operate_type,
    text: [
      entry.operate_details,
      entry.user_appy_platform_service_reason,
      entry.user_appy_platform_service_reason_description,
      ...blocks.map((block) => (block.type === 'TEXT' ? block.text.text : undefined)),
    ]
      .filter(Boolean)
      .join('\n'),
    images: entry.image_list,
    pictures: entry.complaint_media_list?.media_url.length ?? 0,
  };
}
