import {
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
} from 'class-validator';

/**
 * The types alone. Lengths, characters and counts are checked by ComplaintService, whose errors say
 * in words what is wrong.
 */
export class ReplyDto {
  @IsString()
  text!: string;

  /** Media ids of pictures that were uploaded for this reply. */
  @IsArray()
  @IsString({ each: true })
  pictures!: string[];

  /** The browser sends the same id when it sends the same reply again. */
  @IsUUID()
  id!: string;
}

export class RefundDecisionDto {
  @IsIn(['approve', 'reject'])
  decision!: 'approve' | 'reject';

  /** In how many working days the refund will be started, for an approval. 0 is today. */
  @IsOptional()
  @IsInt()
  day?: number;

  /** What the consumer reads, for a rejection. */
  @IsOptional()
  @IsString()
  reason?: string;
}

export class ListQueryDto {
  /** Last day, `yyyy-MM-dd`, in China's time. @default today */
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  end?: string;
}
