import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  MaxLength,
} from 'class-validator';

export class AnswerDto {
  @IsString()
  @Length(1, 500)
  text!: string;

  /** Media ids of pictures that were uploaded for it. */
  @IsArray()
  @ArrayMaxSize(4)
  @IsString({ each: true })
  pictures!: string[];

  /** The same one when the browser sends the same answer again. */
  @IsUUID()
  id!: string;
}

export class RefundDecisionDto {
  @IsIn(['approve', 'reject'])
  decision!: 'approve' | 'reject';

  @IsOptional()
  @IsString()
  @MaxLength(200)
  reason?: string;
}
