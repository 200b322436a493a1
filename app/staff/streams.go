package staff

import "context"

// OpenStaffStream tells the caller what is new for as long as they may know it (V15). Opening it is no look at a child: it shows none.
func (f *Flows) OpenStaffStream(ctx context.Context, _ OpenStaffStreamRequestObject) (OpenStaffStreamResponseObject, error) {
	ear, err := f.institution(ctx).Ear(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := f.Streams.Open(ctx, ear)
	if err != nil {
		return nil, err
	}
	return nil, stream // the rim writes it, after this flow and its deadline are over
}
