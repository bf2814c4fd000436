// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>

#include "card.h"
#include "error.h"
#include "link.h"

static pci_ers_result_t error_detected(struct pci_dev *pdev, compat_pci_channel_state channel)
{
	struct mydev_card *card = pci_get_drvdata(pdev);

	switch (channel) {
	case pci_channel_io_normal:
		return PCI_ERS_RESULT_CAN_RECOVER;
	case pci_channel_io_frozen:
		mydev_link_down(card);
		return PCI_ERS_RESULT_NEED_RESET;
	default:
		mydev_link_lose(card);
		return PCI_ERS_RESULT_DISCONNECT;
	}
}

static pci_ers_result_t mmio_enabled(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	/* Enabled, with its interrupts, as when it was probed. */
	pci_restore_state(pdev);
	pci_save_state(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static void resume(struct pci_dev *pdev)
{
	mydev_link_up(pci_get_drvdata(pdev), "it had a PCI error");
}

static void reset_prepare(struct pci_dev *pdev)
{
	mydev_link_down(pci_get_drvdata(pdev));
}

static void reset_done(struct pci_dev *pdev)
{
	mydev_link_up(pci_get_drvdata(pdev), "its function was reset");
}

const struct pci_error_handlers mydev_error_handlers = {
	.error_detected = error_detected,
	.mmio_enabled = mmio_enabled,
	.slot_reset = slot_reset,
	.resume = resume,
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
};
