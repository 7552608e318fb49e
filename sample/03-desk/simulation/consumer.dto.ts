import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { PICTURE_NAMES, type PictureName } from './pictures.js';

export class NewComplaintDto {
  @IsString()
  @Length(1, 500)
  detail!: string;

  @IsIn(['REFUND', 'SERVICE_NOT_WORK', 'OTHERS'])
  problem!: 'REFUND' | 'SERVICE_NOT_WORK' | 'OTHERS';

  /** In fen. */
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  amount!: number;

  @IsOptional()
  @IsIn(PICTURE_NAMES)
  picture?: PictureName;
}

export class MessageDto {
  @IsString()
  @Length(1, 500)
  text!: string;

  @IsOptional()
  @IsIn(PICTURE_NAMES)
  picture?: PictureName;
}

export const STEPS = [
  'continue',
  'apply-platform',
  'cancel-platform',
  'finish-platform',
  'settle-refund',
] as const;

export class StepDto {
  @IsIn(STEPS)
  step!: (typeof STEPS)[number];
}
